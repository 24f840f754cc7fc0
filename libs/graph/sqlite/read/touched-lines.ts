/**
 * From the rows that a transaction wrote to the lines of the graph that it made, altered or took away, and to nothing
 * else: what a batch costs doesn't depend on how large the graph is.
 *
 * ```
 * usage (timeline, set) ─▶ elements of the set ─▶ edge a' ─READS─▶ j ─▶ nodes of its ends ─▶ line A ─READS─▶ j
 * a' became part of A   ─▶ edges of a' ─▶ their lines by the nodes as they are, and as they were: those are gone
 * ```
 * They come in parts, so that the first are on their way while the next are made. A line that several rows touched is made
 * once. Whether one that nothing shows now was there before isn't looked up: it is told as gone either way, but for edges
 * to what no event was about, and lists (fields, versions), where what is the same as before is left out. What is served
 * beside a line is named where it may differ, not with each line. Most of what a batch speaks of says nothing new: such a
 * node is told by when it was seen, such an edge by its job (`last-said.ts`) or else its evidence, and the rest of their
 * lines isn't made.
 */
import { assetId, columnEdgeId, type EdgeKind, type ExportLine, edgeId, type ProcessingType } from '#lineage';
import type { LastSaid } from '../../last-said.ts';
import { type Database, int, type Row, text } from '../database.ts';
import { EDGE_KINDS, Interned, type TimelineRow } from '../interned.ts';
import type { Note } from '../write/claim-writer.ts';
import type { TouchedRows, TouchedWhat } from '../write/touched-rows.ts';
import type { EdgeRef } from './edge-reads.ts';
import { processingOfJobs } from './job-processing.ts';
import type { LineChanges, ToldByJob, WrittenLine } from './line-changes.ts';
import { LineReads } from './line-reads.ts';
import type { NameRow } from './name-book.ts';
import { PartBuilder } from './part-builder.ts';
import { RemarkReads } from './remark-reads.ts';
import { StillEdges } from './still-edges.ts';
import { StillNames } from './still-names.ts';
import { touchedSayings } from './touched-sayings.ts';
import { touchedStreams } from './touched-streams.ts';

/** What one part is made from: of a wide job there may be a hundred thousand column edges. */
const PART = 1000;
/** Who has a life is the node itself, or part of it. In two parts: the index leaves out names that stand alone. */
const OF_A_LIFE = `SELECT id FROM name WHERE id = ?1 AND life = ?1
  UNION ALL SELECT id FROM name WHERE root = ?1 AND root <> id AND life = ?1`;

export class TouchedLines {
  readonly #db: Database;
  readonly #committed: Database;
  readonly #interned: Interned | null;
  readonly #saidAfter: number;

  /**
   * @param db sees the open transaction
   * @param committed sees the last commit
   * @param interned the writer's, which knows already what the batch spoke of
   * @param saidAfter the position up to which a graph was written without its jobs' last words
   */
  constructor(db: Database, committed: Database, interned: Interned | null = null, saidAfter = 0) {
    this.#db = db;
    this.#committed = committed;
    this.#interned = interned;
    this.#saidAfter = saidAfter;
  }

  /**
   * Nodes come in an earlier part than what hangs on them, or in the same. Nothing is to be committed until the last.
   * @param names as they are in the open transaction
   */
  *parts(touched: TouchedRows, names = new StillNames(this.#db)): Generator<LineChanges, void> {
    // Else each statement would look anew at what is committed.
    this.#committed.exec('BEGIN');
    try {
      const interned = this.#interned ?? new Interned(this.#db);
      const edges = new StillEdges(this.#db, names, interned);
      const after = new LineReads(this.#db, names, edges);
      const state = { after, edges, interned, saidAfter: this.#saidAfter };
      yield* new Gathering(this.#db, this.#committed, touched, state).parts();
    } finally {
      this.#committed.exec('COMMIT');
    }
  }
}

/** What of a node may be another than before. A node of several names shows facets of all: which, is a matter of their times. */
const SEEN = 0;
const LINE = 1;
/** What is served beside its line too. */
const DETAIL = 2;
type Differs = typeof SEEN | typeof LINE | typeof DETAIL;

/** Of the open transaction. */
interface State {
  readonly after: LineReads;
  readonly edges: StillEdges;
  readonly interned: Interned;
  readonly saidAfter: number;
}

/** Of one transaction. */
class Gathering {
  readonly #db: Database;
  readonly #committed: Database;
  readonly #touched: TouchedRows;
  readonly #after: LineReads;
  readonly #before: LineReads;
  readonly #stillEdges: StillEdges;
  readonly #interned: Interned;
  readonly #saidAfter: number;
  readonly #part = new PartBuilder();
  /** Nodes by number, as they are or were, and what of them may differ. */
  readonly #nodes = new Map<number, Differs>();
  /** How the jobs are processed whose processing may differ. */
  #processingTypes: ReadonlyMap<number, ProcessingType> = new Map();
  /** Jobs that pair inputs with outputs, or not. */
  readonly #paired = new Map<number, boolean>();
  /** Nodes whose fields may be others. */
  readonly #shown = new Set<number>();
  /** Names as observed whose schema versions may be others, or of another node. */
  readonly #versioned = new Set<number>();
  /** Jobs whose versions may be others. */
  readonly #jobs = new Set<number>();
  /** Observed edges, and whether their intervals or ends may be others, or only the evidence. */
  readonly #edges = new Map<number, boolean>();
  /** Observed column edges, the same. */
  readonly #columns = new Map<number, boolean>();
  /** Whether any name is of another node than before. */
  readonly #moved: boolean;

  constructor(db: Database, committed: Database, touched: TouchedRows, state: State) {
    this.#db = db;
    this.#committed = committed;
    this.#touched = touched;
    this.#after = state.after;
    this.#stillEdges = state.edges;
    this.#before = new LineReads(committed, new StillNames(committed));
    this.#interned = state.interned;
    this.#saidAfter = state.saidAfter;
    this.#moved = touched.has('structure');
  }

  *parts(): Generator<LineChanges, void> {
    this.#names();
    this.#claims();
    this.#streams();
    this.#processing();
    yield* this.#assetLines();
    yield* this.#edgeLines();
    yield* this.#columnLines();
    this.#listsOfNodes();
    this.#runLines();
    this.#measures();
    this.#mergeLines();
    this.#remarkLines();
    yield this.#part.take();
  }

  #rows(what: TouchedWhat): readonly (readonly [id: number, other: number])[] {
    return this.#touched.get(what) ?? [];
  }

  #names(): void {
    for (const [name] of this.#rows('seen')) this.#node(name, SEEN);
    for (const [name] of this.#rows('told')) this.#node(name, LINE);
    for (const [name] of this.#rows('asset')) this.#node(name, DETAIL);
    for (const [name] of this.#rows('structure')) {
      for (const node of this.#node(name, DETAIL)) this.#shown.add(node);
      this.#versioned.add(name);
      this.#edgesOf(name);
    }
    for (const [name] of this.#rows('mentioned')) {
      const [node] = this.#node(name, DETAIL);
      for (const member of node === undefined ? [] : this.#after.names.members(node)) this.#edgesOf(member);
    }
    for (const [life] of this.#rows('life')) {
      this.#node(life, DETAIL);
      for (const db of [this.#db, this.#committed])
        for (const row of db.all(OF_A_LIFE, life)) this.#edgesOf(int(row, 'id'));
    }
  }

  /** The node that a name is part of, now and before. */
  #node(name: number, differs: Differs): number[] {
    const states = this.#moved ? [this.#after, this.#before] : [this.#after];
    const nodes = states.flatMap((reads) => reads.names.get(name)?.root ?? []);
    for (const node of nodes) this.#nodes.set(node, Math.max(differs, this.#nodes.get(node) ?? differs) as Differs);
    return nodes;
  }

  #edgesOf(name: number): void {
    for (const row of this.#db.all('SELECT id FROM edge WHERE src = ?1 OR dst = ?1', name))
      this.#edges.set(int(row, 'id'), true);
    for (const row of this.#db.all('SELECT id FROM column_edge WHERE src = ?1 OR dst = ?1', name))
      this.#columns.set(int(row, 'id'), true);
  }

  #claims(): void {
    for (const [edge] of this.#rows('edge')) this.#edges.set(edge, true);
    for (const [column] of this.#rows('column')) this.#columns.set(column, true);
    for (const [element, timeline] of this.#rows('span'))
      this.#element(this.#interned.timelineById(timeline), element, true);
    const said = touchedSayings(this.#db, this.#committed, this.#touched, this.#interned, this.#saidAfter);
    for (const [timeline, element] of said.elements) this.#element(timeline, element, false);
    for (const job of said.jobs) this.#node(job, SEEN);
    for (const [content] of this.#rows('note')) {
      const row = this.#db.get('SELECT text FROM content WHERE id = ?', content);
      const notes = row === undefined ? [] : (JSON.parse(text(row, 'text')) as Note[]);
      for (const [element] of notes) this.#columns.set(element, true);
    }
  }

  #element({ columns, direction, owner }: TimelineRow, element: number, moved: boolean): void {
    if (columns) this.#columns.set(element, moved || this.#columns.get(element) === true);
    // Which input goes into which output is no line: it is served with the job.
    else if (direction === 'PAIRS') this.#node(owner ?? 0, DETAIL);
    else this.#edges.set(element, moved || this.#edges.get(element) === true);
  }

  #streams(): void {
    const { schemas, texts, versioned } = touchedStreams(this.#db, this.#committed, this.#touched, this.#after);
    for (const name of schemas) for (const node of this.#node(name, SEEN)) this.#shown.add(node);
    for (const job of texts) this.#jobs.add(job);
    for (const name of versioned) this.#versioned.add(name);
  }

  /** A job that turns out to be continuous shows its hours, and one that is a batch job hides them. */
  #processing(): void {
    const hours = new Map<number, Set<number>>();
    for (const [job, hour] of this.#rows('activity')) hours.set(job, (hours.get(job) ?? new Set()).add(hour));
    const jobs = this.#rows('processing').map(([job]) => job);
    const before = processingOfJobs(this.#committed, jobs);
    this.#processingTypes = processingOfJobs(this.#db, jobs);
    for (const job of jobs) {
      this.#node(job, SEEN);
      if ((before.get(job) ?? 'BATCH') === (this.#processingTypes.get(job) ?? 'BATCH')) continue;
      this.#node(job, LINE);
      const [was, is] = [this.#before, this.#after].map((reads) => {
        const node = reads.names.get(job);
        return node === null ? [] : reads.activity(node);
      });
      this.#part.difference(was ?? [], is ?? []);
      this.#part.detailed(is ?? []);
    }
    for (const [job, of] of hours) {
      const node = this.#after.names.byId(job);
      const lines = [...of].flatMap((hour) => this.#after.activity(node, hour));
      for (const line of lines) this.#part.put(line);
      this.#part.detailed(lines);
    }
  }

  *#edgeLines(): Generator<LineChanges, void> {
    for (const edges of inPieces([...this.#edges.keys()])) {
      for (const row of this.#stillEdges.load(edges, false)) this.#observedEdge(row);
      yield this.#part.take();
    }
  }

  #observedEdge(row: Row): void {
    const edge = int(row, 'id');
    const moved = this.#edges.get(edge) === true;
    const number = int(row, 'kind');
    const kind = EDGE_KINDS[number];
    if (kind === undefined || kind === 'PAIRS') return;
    if (moved && (kind === 'READS' || kind === 'WRITES')) this.#jobs.add(int(row, kind === 'READS' ? 'dst' : 'src'));
    for (const [from, to] of this.#ends(row, moved)) {
      const alone = this.#isAlone(row, from, to);
      if (alone && !moved) {
        const ends = { edge: kind, from: assetId(from), to: assetId(to) };
        this.#part.said({ kind: 'edge', id: edgeId(kind, from, to), ...ends, ...this.#saidOf([edge], false) });
      } else this.#edgeLine(kind, { ...(alone ? { observed: [edge] } : {}), kind: number, from, to });
    }
  }

  /** Whether this observed edge is all that the edge between the two nodes is made of. */
  #isAlone(row: Row, from: NameRow, to: NameRow): boolean {
    const { names } = this.#after;
    return (
      int(row, 'src') === from.id &&
      int(row, 'dst') === to.id &&
      names.members(from.id).length === 1 &&
      names.members(to.id).length === 1
    );
  }

  #edgeLine(kind: EdgeKind, ref: EdgeRef): void {
    const { from, to } = ref;
    const key = { kind: 'edge', id: edgeId(kind, from, to) } as const;
    if (this.#part.isMade(key)) return;
    const areNodes = from.root === from.id && to.root === to.id;
    const observed = ref.observed ?? this.#stillEdges.observed(ref);
    const line = areNodes ? this.#after.edge({ ...ref, observed }) : null;
    // Most edges that nothing shows lead to a parent job that no event is about: there was none before either.
    if (line === null && !(this.#wasSeen(from) && this.#wasSeen(to))) this.#part.leaveOut(key);
    else this.#part.made(key, line && { ...line, timelines: this.#stillEdges.timelines(observed, false) });
  }

  /** Of an edge that differs in this alone. */
  #saidOf(observed: readonly number[], columns: boolean) {
    return {
      evidence: this.#after.evidenceOf(observed, columns),
      timelines: this.#stillEdges.timelines(observed, columns),
    };
  }

  #wasSeen({ id }: NameRow): boolean {
    return (this.#before.names.get(id)?.firstT ?? null) !== null;
  }

  *#columnLines(): Generator<LineChanges, void> {
    for (const columns of inPieces([...this.#columns.keys()])) {
      for (const row of this.#stillEdges.load(columns, true))
        for (const [from, to] of this.#ends(row, true)) this.#columnLine(row, from, to);
      yield this.#part.take();
    }
  }

  #columnLine(row: Row, from: NameRow, to: NameRow): void {
    const job = int(row, 'job');
    const [fromField, toField] = [text(row, 'src_field'), text(row, 'dst_field')];
    const [type, subtype] = [text(row, 'type'), text(row, 'subtype')];
    const owner = job === 0 ? null : this.#after.names.byId(job);
    const key = {
      kind: 'columnEdge',
      id: columnEdgeId({ owner, from, fromField, to, toField, type, subtype }),
    } as const;
    if (this.#part.isMade(key)) return;
    if (from.root !== from.id || to.root !== to.id) {
      this.#part.made(key, null);
      return;
    }
    const edge = int(row, 'id');
    const alone = this.#isAlone(row, from, to);
    if (alone && this.#columns.get(edge) === false) this.#part.said({ ...key, ...this.#saidOf([edge], true) });
    else {
      const rows = alone ? [row] : this.#columnRows(row, from, to);
      const line = this.#after.columnEdge({ from, fromField, to, toField, type, subtype, job, rows });
      const observed = rows.map((each) => int(each, 'id'));
      this.#part.made(key, line && { ...line, timelines: this.#stillEdges.timelines(observed, true) });
    }
    if (this.#isPaired(job)) this.#part.detailed([key]);
  }

  /** Whether the job's lineage facet pairs inputs with outputs. Few do. */
  #isPaired(job: number): boolean {
    const held = this.#paired.get(job);
    if (held !== undefined) return held;
    const pairs = "SELECT 1 AS yes FROM timeline WHERE owner = ? AND direction = 'PAIRS' LIMIT 1";
    const found = this.#db.get(pairs, job) !== undefined;
    this.#paired.set(job, found);
    return found;
  }

  /** All observed ones that are one column edge with this one. */
  #columnRows(row: Row, from: NameRow, to: NameRow): Row[] {
    const { names } = this.#after;
    const targets = names.members(to.id);
    return names
      .members(from.id)
      .flatMap((src) =>
        targets.flatMap((dst) =>
          this.#db.all(
            'SELECT * FROM column_edge WHERE dst = ? AND dst_field = ? AND src = ? AND src_field = ? AND type = ? AND subtype = ? AND job = ?',
            dst,
            text(row, 'dst_field'),
            src,
            text(row, 'src_field'),
            text(row, 'type'),
            text(row, 'subtype'),
            int(row, 'job'),
          ),
        ),
      );
  }

  /** The nodes at both ends, as they are called now: those of now, and where one moved, those of before. */
  *#ends(row: Row, moved: boolean): Iterable<readonly [from: NameRow, to: NameRow]> {
    const [src, dst] = [int(row, 'src'), int(row, 'dst')];
    const { names } = this.#after;
    const [from, to] = [names.node(src), names.node(dst)];
    yield [from, to];
    if (!moved || !this.#moved) return;
    const [wasFrom, wasTo] = [this.#before.names.get(src)?.root, this.#before.names.get(dst)?.root];
    if (wasFrom === undefined || wasTo === undefined || (wasFrom === from.id && wasTo === to.id)) return;
    yield [names.byId(wasFrom), names.byId(wasTo)];
  }

  *#assetLines(): Generator<LineChanges, void> {
    for (const nodes of inPieces([...this.#nodes])) {
      const seen: NameRow[] = [];
      for (const [node, differs] of nodes) {
        const name = this.#after.names.byId(node);
        if (differs === SEEN && isNode(name) && this.#after.names.members(node).length === 1) {
          seen.push(name);
          continue;
        }
        const key = { kind: name.kind, id: assetId(name) } as const;
        this.#part.made(key, isNode(name) ? this.#assetLine(name) : null);
        if (differs === DETAIL && isNode(name)) this.#part.detailed([{ ...key, number: node }]);
      }
      const said = this.#after.lastSaid(seen.filter(({ kind }) => kind === 'job'));
      const again = this.#after.seenAgain(seen);
      this.#part.seen(again.map((node, i) => ({ ...node, ...ofJob(seen[i], said) })));
      yield this.#part.take();
    }
  }

  #assetLine(name: NameRow): WrittenLine {
    if (name.kind === 'dataset') return this.#after.dataset(name);
    const line = this.#after.job(name, this.#processingTypes.get(name.id));
    return { ...line, ...ofJob(name, this.#after.lastSaid([name])) };
  }

  #listsOfNodes(): void {
    for (const node of this.#shown) this.#fieldLines(node);
    for (const job of this.#jobs) this.#compare(job, (reads, name) => reads.jobVersions(name));
    for (const name of this.#versioned) {
      const versions = (reads: LineReads): ExportLine[] =>
        reads.names.get(name) === null ? [] : reads.schemaVersions([name]);
      this.#part.difference(versions(this.#before), versions(this.#after));
    }
  }

  #fieldLines(node: number): void {
    const [was, is] = [this.#before, this.#after].map((reads) => {
      const name = reads.names.get(node);
      return name !== null && isNode(name) ? JSON.stringify(reads.schemas.told(reads.names.members(node))) : null;
    });
    if (was === is) return;
    this.#compare(node, (reads, name) => reads.fields(name));
    const name = this.#after.names.get(node);
    if (name === null || !isNode(name) || this.#nodes.get(node) === DETAIL) return;
    this.#part.detailed([{ kind: name.kind, id: assetId(name), number: node }]);
  }

  #compare(node: number, linesOf: (reads: LineReads, name: NameRow) => ExportLine[]): void {
    const [was, is] = [this.#before, this.#after].map((reads) => {
      const name = reads.names.get(node);
      return name !== null && isNode(name) ? linesOf(reads, name) : [];
    });
    this.#part.difference(was ?? [], is ?? []);
  }

  #runLines(): void {
    for (const [run] of this.#rows('run')) {
      const is = this.#db.get('SELECT * FROM run WHERE id = ?', run);
      if (is !== undefined) {
        const line = this.#after.run(is);
        this.#part.put(line);
        this.#part.detailed([{ kind: 'run', id: line.id, number: run }]);
        continue;
      }
      const was = this.#committed.get('SELECT * FROM run WHERE id = ?', run);
      if (was !== undefined) this.#part.made(this.#before.run(was), null);
    }
  }

  #measures(): void {
    this.#part.measured(this.#rows('measured').map(([name, run]) => ({ name, run })));
  }

  #mergeLines(): void {
    for (const [merge] of this.#rows('merge')) {
      const is = this.#db.get('SELECT * FROM merge WHERE id = ?', merge);
      if (is !== undefined) this.#part.put(this.#after.merge(is));
    }
  }

  #remarkLines(): void {
    const remarks = new RemarkReads(this.#db, this.#after.names);
    for (const [remark] of this.#rows('remark')) {
      const is = this.#db.get('SELECT * FROM remark WHERE id = ?', remark);
      if (is === undefined) continue;
      const line = remarks.line(is);
      this.#part.put(line);
      this.#part.detailed([line]);
    }
  }
}

function* inPieces<T>(all: readonly T[]): Generator<readonly T[], void> {
  for (let at = 0; at < all.length; at += PART) yield all.slice(at, at + PART);
}

/** Of a dataset there is none. */
function ofJob(node: NameRow | undefined, said: ReadonlyMap<number, readonly LastSaid[]>): ToldByJob {
  return node?.kind === 'job' ? { said: said.get(node.id) ?? [] } : {};
}

const isNode = (name: NameRow): boolean => name.root === name.id && name.firstT !== null;
