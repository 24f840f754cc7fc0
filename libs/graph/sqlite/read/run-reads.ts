/** Reads about runs, versions, flow and activity of jobs. */
import {
  type ActivityRow,
  assetId,
  type Flow,
  type FlowLimits,
  type FlowRow,
  flowAt,
  formatInstant,
  type HourOfActivity,
  hoursOfActivity,
  type JobVersion,
  type KeptFlow,
  type Page,
  parseNodeId,
  type Run,
  runNodeId,
} from '#lineage';
import { type Database, int, type Row, text, textOrNull } from '../database.ts';
import { blob, Interned } from '../interned.ts';
import { hourStart } from '../stamps.ts';
import { type RunRow, runOf } from '../write/run-table.ts';
import type { AssetReads } from './asset-reads.ts';
import { jobVersionsOf } from './job-versions.ts';
import type { NameRow } from './name-book.ts';
import { endedAt, stateOf } from './run-state.ts';

/** Node ids that the edges of a set begin or end at, by set and side: nearly all runs of a job name the same datasets. */
export type Ends = Map<string, readonly string[]>;

interface Said {
  readonly set: number;
  readonly isRead: boolean;
}

export class RunReads {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #interned: Interned;
  readonly #limits: FlowLimits;

  constructor(db: Database, assets: AssetReads, limits: FlowLimits) {
    this.#db = db;
    this.#assets = assets;
    this.#interned = new Interned(db);
    this.#limits = limits;
  }

  /** Newest start first; `after` is START.K.ID of the last one shown. */
  page(job: NameRow, first: number, after: string | null): Page<Run> {
    const total = int(this.#db.get('SELECT count(*) AS n FROM run WHERE job = ?', job.id) ?? {}, 'n');
    const [t = Number.MAX_SAFE_INTEGER, id = Number.MAX_SAFE_INTEGER] = (after ?? '')
      .split('.')
      .filter(Boolean)
      .map(Number);
    const rows = this.#db.all(
      'SELECT * FROM run WHERE job = ? AND start_t <= ? AND (start_t, id) < (?, ?) ORDER BY start_t DESC, id DESC LIMIT (? + 0)',
      job.id,
      t,
      t,
      id,
      first,
    );
    const last = rows.at(-1);
    return {
      items: this.#runs(rows),
      next: rows.length < first || last === undefined ? null : `${int(last, 'start_t')}.${int(last, 'id')}`,
      total,
    };
  }

  latest(job: NameRow): Run | null {
    return this.recent(job, 1)[0] ?? null;
  }

  /** Newest start first. `ends`: shared by jobs of one call. */
  recent(job: NameRow, first: number, ends: Ends = new Map()): Run[] {
    return this.#runs(
      this.#db.all('SELECT * FROM run WHERE job = ? ORDER BY start_t DESC, id DESC LIMIT (? + 0)', job.id, first),
      ends,
    );
  }

  /** The earliest run with this id; `run:ID` or the bare id. */
  byId(id: string): { run: Run; otherJobs: string[] } | null {
    const rows = this.#rows(id);
    const [first, ...others] = rows;
    if (first === undefined) return null;
    const [run] = this.#runs([first]);
    if (run === undefined) return null;
    return { run, otherJobs: others.map((row) => assetId(this.#assets.names.byId(int(row, 'job')))) };
  }

  /** The store's number of a run, null where it is unknown. */
  number(id: string): number | null {
    const [row] = this.#rows(id);
    return row === undefined ? null : int(row, 'id');
  }

  events(id: string, first: number): string[] {
    const run = this.number(id);
    return run === null ? [] : this.eventsOf(run, first);
  }

  /** Newest first. */
  eventsOf(run: number, first: number): string[] {
    return this.#db
      .all('SELECT hash FROM event WHERE run = ? AND run > 0 ORDER BY t DESC, k DESC LIMIT (? + 0)', run, first)
      .map((row) => Buffer.from(blob(row, 'hash')).toString('hex'));
  }

  versions(job: NameRow, first: number): JobVersion[] {
    return jobVersionsOf(this.#db, this.#assets.names, this.#assets.schemas, job.id)
      .reverse()
      .slice(0, first)
      .map((version) => ({ id: `${assetId(job)}#${formatInstant(version.from)}`, ...version }));
  }

  /** null: the job is a batch job, or nothing was observed of it. */
  flow(job: NameRow, now: number): Flow | null {
    if (this.#assets.processing(job.id) === 'BATCH') return null;
    const kept = this.keptFlow(job);
    return kept === null ? null : flowAt(kept, now, this.#limits);
  }

  /** What its flow follows from; null: nothing was observed of it. */
  keptFlow(job: NameRow): KeptFlow | null {
    const row = this.#db.get('SELECT row, memory FROM flow WHERE job = ?', job.id);
    if (row === undefined) return null;
    const memory = textOrNull(row, 'memory');
    return {
      row: JSON.parse(text(row, 'row')) as FlowRow,
      told: memory === null ? null : (JSON.parse(memory) as KeptFlow['told']),
    };
  }

  activity(job: NameRow, from: number, to: number): HourOfActivity[] {
    const [first, last] = [Math.floor(from / 3_600_000), Math.floor(to / 3_600_000)];
    const rows = this.#db.all(
      'SELECT * FROM activity WHERE job = ? AND hour BETWEEN ? AND ? ORDER BY hour',
      job.id,
      first,
      last,
    );
    const before = this.#db.get(
      'SELECT detail FROM activity WHERE job = ? AND hour < ? AND detail IS NOT NULL ORDER BY hour DESC LIMIT 1',
      job.id,
      first,
    );
    const detailed = rows.flatMap((row) => detailOf(row) ?? []);
    const records = new Map(
      hoursOfActivity(detailed, before === undefined ? null : detailOf(before)).map((hour) => [
        hour.hour,
        hour.records,
      ]),
    );
    return rows.map((row) => {
      const hour = hourStart(int(row, 'hour'));
      return { hour, observations: int(row, 'observations'), records: records.get(hour) ?? null };
    });
  }

  #rows(id: string): Row[] {
    for (const ref of parseNodeId(id.startsWith('run:') ? id : runNodeId(id))) {
      if (ref.kind !== 'run') continue;
      const { runId } = ref;
      const rows = this.#db.all('SELECT * FROM run WHERE run_id = ? ORDER BY start_t, start_k', runId);
      if (rows.length > 0) return rows;
    }
    return [];
  }

  /** In one statement what all of them named: of a job they are many, and each named little. */
  #runs(rows: readonly Row[], ends: Ends = new Map()): Run[] {
    const runs = rows.map(runOf);
    const said = this.#saidBy(runs.map(({ id }) => id));
    return runs.map((run) =>
      this.#run(
        run,
        this.#named(said.get(run.id) ?? [], (set, side) => this.#endsOf(set, side, ends)),
      ),
    );
  }

  #run(run: RunRow, touched: { reads: string[]; writes: string[] }): Run {
    const ref = (to: { job: number; run: string } | null) =>
      to && { job: assetId(this.#assets.names.byId(to.job)), runId: to.run };
    return {
      id: `run:${run.runId}`,
      runId: run.runId,
      job: assetId(this.#assets.names.byId(run.job)),
      state: stateOf(run),
      processing: run.facts.type,
      nominalStart: run.nominal?.start ?? null,
      nominalEnd: run.nominal?.end ?? null,
      startedAt: run.start.t,
      endedAt: endedAt(run),
      lastSeen: run.lastT,
      parent: ref(run.parent),
      root: ref(run.root),
      error: run.error?.message ?? null,
      ...touched,
    };
  }

  /** The same, by the ids that its events named. */
  observedEnds(run: number): { reads: string[]; writes: string[] } {
    return this.#named(this.#saidBy([run]).get(run) ?? [], (set, side) =>
      this.#numbersOf(set, side).map((name) => assetId(this.#assets.names.byId(name))),
    );
  }

  /** Numbers of the datasets that its events named. */
  namesOf(run: number): number[] {
    const sets = this.#db.all(
      "SELECT DISTINCT said.eset, timeline.direction FROM said JOIN timeline ON timeline.id = said.timeline WHERE said.run = ? AND timeline.direction IN ('READS', 'WRITES')",
      run,
    );
    const inSnapshots = this.#db.all('SELECT name FROM snapshot_use WHERE run = ?', run).map((row) => int(row, 'name'));
    const named = sets.flatMap((row) =>
      this.#numbersOf(int(row, 'eset'), row['direction'] === 'READS' ? 'src' : 'dst'),
    );
    return [...new Set([...inSnapshots, ...named])];
  }

  /** Sets of edges that runs named themselves as inputs and outputs, by run. */
  #saidBy(runs: readonly number[]): ReadonlyMap<number, readonly Said[]> {
    const found = new Map<number, Said[]>();
    if (runs.length === 0) return found;
    const rows = this.#db.tuples(
      `SELECT DISTINCT said.run, said.eset, timeline.direction FROM json_each(?) AS asked CROSS JOIN said ON said.run = asked.value
       JOIN timeline ON timeline.id = said.timeline WHERE timeline.direction IN ('READS', 'WRITES') AND timeline.mode = 'RUN'`,
      JSON.stringify(runs),
    );
    for (const [run, set, direction] of rows) {
      const said = found.get(Number(run));
      const one = { set: Number(set), isRead: direction === 'READS' };
      if (said === undefined) found.set(Number(run), [one]);
      else said.push(one);
    }
    return found;
  }

  #named(
    said: readonly Said[],
    endsOf: (set: number, side: 'src' | 'dst') => readonly string[],
  ): { reads: string[]; writes: string[] } {
    const reads = new Set<string>();
    const writes = new Set<string>();
    for (const { set, isRead } of said)
      for (const id of endsOf(set, isRead ? 'src' : 'dst')) (isRead ? reads : writes).add(id);
    return { reads: [...reads].sort(), writes: [...writes].sort() };
  }

  #endsOf(set: number, side: 'src' | 'dst', ends: Ends): readonly string[] {
    const held = ends.get(`${side}${set}`);
    if (held !== undefined) return held;
    const ids = this.#numbersOf(set, side).map((name) => this.#assets.names.nodeId(name));
    ends.set(`${side}${set}`, ids);
    return ids;
  }

  #numbersOf(set: number, side: 'src' | 'dst'): number[] {
    return [...this.#interned.elements(set)].flatMap((element) => {
      const edge = this.#db.get('SELECT src, dst FROM edge WHERE id = ?', element);
      return edge === undefined ? [] : [int(edge, side)];
    });
  }
}

function detailOf(row: Row): ActivityRow | null {
  const detail = textOrNull(row, 'detail');
  return detail === null ? null : (JSON.parse(detail) as ActivityRow);
}
