/** The lines that are served in Neo4j beside those of the export, of nodes that a batch touched or of all. */
import {
  type ActivityRow,
  assetId,
  columnEdgeId,
  descriptionOf,
  type FlowLimits,
  FOREVER,
  formatInstant,
  type Interval,
  numberOfLine,
  ownersOf,
  parseColumnEdgeId,
  remarkLineId,
  type Span,
  tagsOf,
} from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import {
  type ColumnEdgeDetail,
  type DatasetDetail,
  type HourDetail,
  type JobDetail,
  type RemarkDetail,
  RUN_EVENTS,
  type RunDetail,
  type ServedCheck,
  type ServedLine,
  type ServedPair,
  type ServedStatistics,
} from '../../served-line.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import { hourStart } from '../stamps.ts';
import { FOUND_FACETS } from '../write/touched-rows.ts';
import { AssetReads } from './asset-reads.ts';
import { FreshnessReader } from './freshness-reader.ts';
import { intervalsOf, minus, union } from './intervals.ts';
import type { MeasureKey, NumberedKey } from './line-changes.ts';
import { NameBook, type NameRow, nameOf } from './name-book.ts';
import { RunReads } from './run-reads.ts';

/** Measures that no run made are found with their dataset: the newest of them. */
const RUNLESS = 100;

export class ServedLines {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #runs: RunReads;
  readonly #freshness: FreshnessReader;

  constructor(db: Database, limits: FlowLimits, names = new NameBook(db)) {
    this.#db = db;
    this.#assets = new AssetReads(db, names);
    this.#runs = new RunReads(db, this.#assets, limits);
    this.#freshness = new FreshnessReader(db, this.#assets.names);
  }

  /**
   * What is served of the datasets, jobs, runs and hours of activity among these lines. Of lines that are no more, and of
   * those of other kinds, nothing is: what was served of a node goes with it. Each once.
   */
  of(lines: Iterable<NumberedKey>): ServedLine[] {
    const columns = new Map<number, ReadonlyMap<string, ColumnEdgeDetail>>();
    const served = [...lines].flatMap((line) => this.#ofLine(line, columns));
    return [...new Map(served.map((line) => [`${line.kind} ${line.id}`, line])).values()];
  }

  /** Of those that are still there; in Neo4j they stay. */
  measured(keys: Iterable<MeasureKey>): ServedLine[] {
    return [...keys].flatMap(({ name, run }) => this.#measures('m.name = ? AND m.run = ?', [name, run], -1));
  }

  /** Of the whole graph. */
  *all(): Iterable<ServedLine> {
    for (const row of this.#db.all('SELECT * FROM name WHERE first_t IS NOT NULL AND root = id')) {
      const node = nameOf(row);
      yield* this.#ofNode(node);
      if (node.kind === 'dataset') yield* this.#runless(node);
    }
    // Name by name: of all together there may be more than the memory holds.
    for (const row of this.#db.all('SELECT DISTINCT name FROM statistics UNION SELECT DISTINCT name FROM quality'))
      yield* this.#measures('m.name = ? AND m.run > 0', [int(row, 'name')], -1);
    for (const row of this.#db.all('SELECT id, job, run_id FROM run')) {
      const job = assetId(this.#assets.names.byId(int(row, 'job')));
      yield this.#ofRun(`run:${text(row, 'run_id')}|${job}`, int(row, 'id'));
    }
    for (const row of this.#db.all('SELECT job, hour, detail FROM activity')) {
      const id = assetId(this.#assets.names.byId(int(row, 'job')));
      yield* hourDetail(`${id}|${formatInstant(hourStart(int(row, 'hour')))}`, row);
    }
    for (const row of this.#db.all('SELECT id, kind, name, field FROM remark')) yield this.#remark(row);
  }

  /** @param columns of jobs that were asked about: a part may have all column edges of a wide one */
  #ofLine(
    { kind, id, number }: NumberedKey,
    columns: Map<number, ReadonlyMap<string, ColumnEdgeDetail>>,
  ): ServedLine[] {
    switch (kind) {
      case 'dataset':
      case 'job': {
        const node = number === undefined ? this.#assets.findExactly(id) : this.#assets.names.byId(number);
        return node === null ? [] : this.#ofNode(node);
      }
      case 'run': {
        const run = number ?? this.#runOf(id);
        return run === null ? [] : [this.#ofRun(id, run)];
      }
      case 'columnEdge': {
        const job = parseColumnEdgeId(id)?.owner ?? null;
        const node = job === null ? null : this.#assets.names.find('job', job.namespace, job.name);
        if (node === null) return [];
        const ofJob = columns.get(node.id) ?? new Map(this.#columnEdges(node).map((edge) => [edge.id, edge]));
        columns.set(node.id, ofJob);
        const edge = ofJob.get(id);
        return edge === undefined ? [] : [edge];
      }
      case 'activity':
        return this.#ofHour(id);
      case 'annotation':
      case 'tag':
        return this.#db
          .all('SELECT id, kind, name, field FROM remark WHERE id = ?', numberOfLine(id))
          .map((row) => this.#remark(row));
      default:
        return [];
    }
  }

  #ofNode(node: NameRow): ServedLine[] {
    if (node.kind === 'job') return [this.#job(node), ...this.#columnEdges(node)];
    return [this.#dataset(node)];
  }

  #runless(dataset: NameRow): ServedLine[] {
    const names = JSON.stringify(this.#assets.names.members(dataset.id));
    return this.#measures('m.name IN (SELECT value FROM json_each(?)) AND m.run <= 0', [names], RUNLESS);
  }

  #dataset(node: NameRow): DatasetDetail {
    const shown = this.#assets.schemas.shown(this.#assets.names.members(node.id));
    return {
      kind: 'datasetDetail',
      ...this.#found(node),
      fields: [...new Set((shown?.fields ?? []).map(({ name }) => name))],
      partialSchema: shown?.partial ?? false,
      freshness: this.#freshness.kept(node),
    };
  }

  #job(node: NameRow): JobDetail {
    return { kind: 'jobDetail', ...this.#found(node), pairs: this.#pairs(node.id), flow: this.#runs.keptFlow(node) };
  }

  #found(node: NameRow) {
    const facets = this.#assets.facets(node, FOUND_FACETS);
    return {
      id: assetId(node),
      aliases: this.#assets.names.aliases(node),
      description: descriptionOf(facets),
      tags: sorted(tagsOf(facets).flatMap(({ key, value }) => (value === null ? key : [key, `${key}:${value}`]))),
      owners: sorted(ownersOf(facets).map(({ name }) => name)),
    };
  }

  /** Spans as the walk reads them: what was dropped isn't cut out, for then there is no edge to walk along. */
  #pairs(job: number): ServedPair[] {
    const rows = this.#db.all(
      "SELECT e.src, e.dst, span.since, span.until FROM timeline t JOIN span ON span.timeline = t.id JOIN edge e ON e.id = span.element WHERE t.owner = ? AND t.direction = 'PAIRS'",
      job,
    );
    const node = (row: Row, end: string): string => this.#assets.names.nodeId(int(row, end));
    const pairs = groupedBy(rows, (row) => `${node(row, 'src')}\n${node(row, 'dst')}`);
    return [...pairs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, held]) => {
        const [first] = held;
        if (first === undefined) return [];
        return {
          from: node(first, 'src'),
          to: node(first, 'dst'),
          intervals: held.map(intervalOf).sort((a, b) => a.from - b.from),
        };
      });
  }

  /** Of the outputs that the job's pairs speak of. Few jobs have any. */
  #columnEdges(job: NameRow): ColumnEdgeDetail[] {
    return [...groupedBy(this.#pairs(job.id), ({ to }) => to)].flatMap(([to, pairs]) => {
      const output = this.#assets.find(to);
      if (output === null) return [];
      const told = union(pairs.flatMap(({ intervals }) => intervals.map(spanOf)));
      const members = JSON.stringify(this.#assets.names.members(output.id));
      const rows = this.#db.all(
        'SELECT c.*, n.root FROM json_each(?) j CROSS JOIN column_edge c ON c.dst = j.value JOIN name n ON n.id = c.src WHERE c.job = ?',
        members,
        job.id,
      );
      const edges = groupedBy(rows, (row) => this.#columnEdgeId(row, output, job));
      return [...edges].map(([id, of]): ColumnEdgeDetail => {
        const own = of.flatMap((row) => this.#pairedSpans(int(row, 'id')));
        return { kind: 'columnEdgeDetail', id, hidden: intervalsOf(minus(told, own)) };
      });
    });
  }

  #columnEdgeId(row: Row, to: NameRow, owner: NameRow): string {
    return columnEdgeId({
      owner,
      from: this.#assets.names.byId(int(row, 'root')),
      fromField: text(row, 'src_field'),
      to,
      toField: text(row, 'dst_field'),
      type: text(row, 'type'),
      subtype: text(row, 'subtype'),
    });
  }

  #pairedSpans(columnEdge: number): Span[] {
    return this.#db
      .all(
        "SELECT s.since, s.until FROM edge_timeline e JOIN timeline t ON t.id = e.timeline AND t.direction = 'PAIR_COLUMNS' JOIN span s ON s.timeline = t.id AND s.element = e.element WHERE e.element = ? AND e.columns = 1",
        columnEdge,
      )
      .map((row) => ({ from: int(row, 'since'), to: int(row, 'until') }));
  }

  #runOf(line: string): number | null {
    const bar = line.indexOf('|job:');
    for (let at = bar; at >= 0; at = line.indexOf('|job:', at + 1)) {
      const job = this.#assets.findName(line.slice(at + 1));
      const row =
        job === null
          ? undefined
          : this.#db.get('SELECT id FROM run WHERE job = ? AND run_id = ?', job.id, line.slice('run:'.length, at));
      if (row !== undefined) return int(row, 'id');
    }
    return null;
  }

  #ofRun(line: string, run: number): RunDetail {
    return {
      kind: 'runDetail',
      id: line,
      ...this.#runs.observedEnds(run),
      facets: this.#assets.runFacets(run, null),
      events: this.#runs.eventsOf(run, RUN_EVENTS),
    };
  }

  /** @param most -1: all */
  #measures(where: string, args: readonly (string | number)[], most: number): (ServedStatistics | ServedCheck)[] {
    const rows = (table: string): Row[] =>
      this.#db.all(
        `SELECT m.*, r.run_id, j.namespace AS job_namespace, j.name AS job_name FROM ${table} m LEFT JOIN run r ON r.id = m.run LEFT JOIN name j ON j.id = r.job WHERE ${where} ORDER BY m.t DESC, m.k DESC LIMIT (? + 0)`,
        ...args,
        most,
      );
    const measure = (row: Row, ...more: string[]) => {
      const dataset = assetId(this.#assets.names.byId(int(row, 'name')));
      const runId = textOrNull(row, 'run_id');
      const by =
        runId === null ? `${int(row, 'run')}` : `run:${runId}|${text(row, 'job_namespace')}:${text(row, 'job_name')}`;
      return { id: JSON.stringify([dataset, by, ...more]), dataset, runId, at: int(row, 't') };
    };
    return [
      ...rows('statistics').map(
        (row): ServedStatistics => ({
          kind: 'statistics',
          ...measure(row),
          rows: intOrNull(row, 'rows'),
          bytes: intOrNull(row, 'bytes'),
          files: intOrNull(row, 'files'),
        }),
      ),
      ...rows('quality').map(
        (row): ServedCheck => ({
          kind: 'check',
          ...measure(row, text(row, 'assertion'), text(row, 'field')),
          assertion: text(row, 'assertion'),
          field: text(row, 'field') || null,
          passed: int(row, 'passed') === 1,
        }),
      ),
    ];
  }

  #remark(row: Row): RemarkDetail {
    return {
      kind: 'remarkDetail',
      id: remarkLineId(text(row, 'kind') === 'TAG' ? 'TAG' : 'ANNOTATION', int(row, 'id')),
      asset: assetId(this.#assets.names.byId(int(row, 'name'))),
      field: text(row, 'field') || null,
    };
  }

  #ofHour(line: string): HourDetail[] {
    const bar = line.lastIndexOf('|');
    const job = this.#assets.findName(line.slice(0, bar));
    const row =
      job === null
        ? undefined
        : this.#db.get(
            'SELECT detail FROM activity WHERE job = ? AND hour = ?',
            job.id,
            Math.floor(Date.parse(line.slice(bar + 1)) / 3_600_000),
          );
    return row === undefined ? [] : hourDetail(line, row);
  }
}

function hourDetail(id: string, row: Row): HourDetail[] {
  const detail = textOrNull(row, 'detail');
  return detail === null ? [] : [{ kind: 'hourDetail', id, detail: JSON.parse(detail) as ActivityRow }];
}

function intervalOf(row: Row): Interval {
  const to = int(row, 'until');
  return { from: int(row, 'since'), to: to === FOREVER ? null : to };
}

const spanOf = ({ from, to }: Interval): Span => ({ from, to: to ?? FOREVER });

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
