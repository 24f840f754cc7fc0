/** Executions as the rows of runs, statements and snapshots say they are, built anew. */

import type { Execution } from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { type Database, int, intOrNull } from '../database.ts';
import type { Interned, TimelineRow } from '../interned.ts';
import { REMEMBERED } from '../remembered.ts';
import type { RunTable } from './run-table.ts';
import type { SayingRows } from './saying-rows.ts';

export class ExecutionBuilder {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #runs: RunTable;
  readonly #said: SayingRows;
  readonly #failedSets = new BoundedMap<number, number>(REMEMBERED.timelines);

  constructor(db: Database, interned: Interned, runs: RunTable, said: SayingRows) {
    this.#db = db;
    this.#interned = interned;
    this.#runs = runs;
    this.#said = said;
  }

  forget(): void {
    this.#failedSets.clear();
  }

  /** The execution as its rows say it is; null: there is none. */
  build(timeline: TimelineRow, key: string): Execution | null {
    if (key.startsWith('n')) return this.#buildSnapshot(timeline, key.slice(1));
    if (key.startsWith('d') || key.startsWith('m')) return this.#buildSingle(timeline, key);
    if (timeline.failedOf !== null) return this.#buildFailed(timeline.failedOf, key);
    if (key.startsWith('r')) {
      // The run may be part of another execution by now, or each of its statements one of its own.
      const run = this.#runs.byId(Number(key.slice(1)));
      if (run.facts.execution !== key) return null;
    }
    const rows = key.startsWith('p')
      ? this.#db.all(
          "SELECT said.*, run.status, run.done FROM run JOIN said ON said.run = run.id AND said.timeline = ? WHERE run.job = ? AND run.parent_run = ? AND run.status IN ('OPEN', 'DONE')",
          timeline.id,
          timeline.owner,
          key.slice(1),
        )
      : this.#db.all(
          "SELECT said.*, run.status, run.done FROM said JOIN run ON run.id = said.run WHERE said.run = ? AND said.timeline = ? AND run.status <> 'FAILED'",
          Number(key.slice(1)),
          timeline.id,
        );
    let says: Execution['says'] = [];
    let v: number | null = null;
    let end = -Infinity;
    let start = Infinity;
    for (const row of rows) {
      const first = int(row, 'first_t');
      says = withSaid(says, int(row, 'eset'), first);
      const done = row['status'] === 'DONE' ? intOrNull(row, 'done') : null;
      const replaces = row['status'] === 'LIVE' ? first : done;
      if (replaces !== null) v = v === null ? replaces : Math.min(v, replaces);
      start = Math.min(start, first);
      end = Math.max(end, int(row, 'last_t'), done ?? -Infinity);
    }
    return says.length === 0 ? null : { key, v, end, start, says };
  }

  #buildFailed(of: number, key: string): Execution | null {
    const run = this.#runs.byId(Number(key.slice(1)));
    if (run.facts.status !== 'FAILED') return null;
    let says: Execution['says'] = [];
    let end = -Infinity;
    let start = Infinity;
    for (const row of this.#db.all('SELECT * FROM said WHERE run = ? AND timeline = ?', run.id, of)) {
      says = withSaid(says, this.failedSet(int(row, 'eset')), int(row, 'first_t'));
      start = Math.min(start, int(row, 'first_t'));
      end = Math.max(end, int(row, 'last_t'));
    }
    return says.length === 0 ? null : { key, v: null, end, start, says };
  }

  /** One thinned statement: `d HOUR.SET.(f|l)` of declared ones, `m RUN.HOUR.SET.(f|l)` of a run of snapshots. */
  #buildSingle(timeline: TimelineRow, key: string): Execution | null {
    const parts = key.slice(1).split('.');
    const which = parts.pop();
    const set = Number(parts.pop());
    const hour = Number(parts.pop());
    const run = parts.length === 0 ? 0 : Number(parts[0]);
    if (run > 0) {
      const { status, content } = this.#runs.byId(run).facts;
      if (status !== 'LIVE' || content !== 'COMPLETE_SNAPSHOT') return null;
    }
    const saying = this.#said.get(run, timeline.id, hour, set);
    if (saying === null) return null;
    const first = saying.first.t;
    const t = which === 'f' ? first : saying.last.t;
    // One instant, one execution: two statements of equal content at one instant are alike.
    if (which === 'l' && t === first) return null;
    return { key, v: t, end: t, start: t, says: [[set, t]] };
  }

  #buildSnapshot(timeline: TimelineRow, id: string): Execution | null {
    const rows = this.#db.all(
      'SELECT * FROM snapshot_part WHERE timeline = ? AND snapshot = ? ORDER BY t, k',
      timeline.id,
      id,
    );
    const last = rows.at(-1);
    if (last === undefined) return null;
    const held = new Set(rows.map((row) => int(row, 'part')));
    for (let part = 1; part <= int(last, 'parts'); part++) if (!held.has(part)) return null;
    const at = int(last, 'taken_at');
    let says: Execution['says'] = [];
    for (const row of rows) says = withSaid(says, int(row, 'eset'), at);
    return { key: `n${id}`, v: at, end: at, start: at, says };
  }

  /** What the edges of a set are where failed runs say them. */
  failedSet(set: number): number {
    const cached = this.#failedSets.get(set);
    if (cached !== undefined) return cached;
    const made = this.#interned.set([...this.#interned.elements(set)].map((id) => this.#interned.failedEdge(id)));
    this.#failedSets.set(set, made);
    return made;
  }
}

/** Adds a set, or moves its first mention forward. The same array where nothing changes. */
export function withSaid(says: Execution['says'], set: number, first: number): Execution['says'] {
  const held = says.find(([s]) => s === set);
  if (held === undefined) return [...says, [set, first]];
  if (held[1] <= first) return says;
  return says.map((said) => (said === held ? [set, first] : said));
}
