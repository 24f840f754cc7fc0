/**
 * From statements to executions: keeps the `said`, `usage` and `execution` rows, and has the core derive intervals.
 *
 * ```
 * said (run, timeline, hour, set) ──▶ execution (timeline, key) ──▶ span (timeline, element)
 * ```
 * An execution that only grows (more said, OPEN → DONE) is joined in place. Whatever else may have changed it (a run
 * failed, its parent or jobType was learnt late) builds it anew from `said`.
 */

import { deriveEndersMoved, deriveExecution, type Element, type Execution, type Said } from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { type Database, int, intOrNull, type Row } from '../database.ts';
import type { Interned, TimelineRow } from '../interned.ts';
import { REMEMBERED } from '../remembered.ts';
import { compareKeys, hourOf, type Key, placed } from '../stamps.ts';
import { ExecutionBuilder, withSaid } from './execution-builder.ts';
import type { RunFacts, RunRow, RunTable } from './run-table.ts';
import { sameElements } from './same-elements.ts';
import { SayingRows } from './saying-rows.ts';
import { HeldExecutions } from './stored-executions.ts';
import { type SpanListener, TimelineTable } from './timeline-table.ts';

const HOWS = ['OBSERVED', 'DECLARED', 'PARSED', 'INFERRED'] as const;
const CONFIDENCES = ['CERTAIN', 'LIKELY', 'POSSIBLE'] as const;

/** how and confidence in one integer. */
export function attestationCode(said: Pick<Said, 'how' | 'confidence'>): number {
  return HOWS.indexOf(said.how) * 4 + CONFIDENCES.indexOf(said.confidence);
}

export function attestationOf(code: number): Pick<Said, 'how' | 'confidence'> {
  return { how: HOWS[code >> 2] ?? 'OBSERVED', confidence: CONFIDENCES[code & 3] ?? 'CERTAIN' };
}

interface Interning {
  readonly timeline: TimelineRow;
  readonly owner: number;
  readonly elements: readonly Element[];
  readonly set: number;
  /** What was noted beside its columns: interned JSON of `Note[]`; null: nothing. */
  readonly note: number | null;
  /** Of this batch; null: not used in it yet. */
  usage: Usage | null;
}

interface Usage {
  readonly timeline: number;
  readonly set: number;
  first: Key;
  last: Key;
  how: number;
  isWritten: boolean;
}

/** Beside a column edge: its description and masking, null where not said. */
export type Note = readonly [element: number, description: string | null, masking: boolean | null];

export class ClaimWriter {
  /** How often an execution was built anew instead of grown: for the metric. */
  rederived = 0;
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #runs: RunTable;
  readonly #listener: SpanListener;
  readonly #tables = new BoundedMap<number, TimelineTable>(32 * REMEMBERED.timelines, (table) => table.weight);
  readonly #used = new BoundedMap<string, true>(REMEMBERED.timelines);
  readonly #said: SayingRows;
  readonly #builder: ExecutionBuilder;
  readonly #executions: HeldExecutions;
  #usage = new Map<string, Usage>();
  #notes = new Map<string, Key & { timeline: number; content: number }>();
  /** What each timeline said last: statement after statement is alike. */
  readonly #lastSaid = new BoundedMap<number, Interning>(REMEMBERED.timelines, (said) => 1 + said.elements.length / 32);

  constructor(db: Database, interned: Interned, runs: RunTable, listener: SpanListener) {
    this.#db = db;
    this.#interned = interned;
    this.#runs = runs;
    this.#listener = listener;
    this.#executions = new HeldExecutions(db);
    this.#said = new SayingRows(db, { name: 'said', of: 'timeline', what: 'eset', hasHow: true });
    this.#builder = new ExecutionBuilder(db, interned, runs, this.#said);
  }

  /** Writes what is held back. */
  flush(): void {
    this.#said.flush();
    this.#executions.flush();
    for (const usage of this.#usage.values()) {
      const { timeline, set, first, last, how } = usage;
      usage.isWritten = true;
      this.#db.write(
        `INSERT INTO usage(timeline, eset, first_t, first_k, last_t, last_k, how) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET
           how = CASE WHEN (excluded.last_t, excluded.last_k) >= (last_t, last_k) THEN excluded.how ELSE how END,
           first_k = CASE WHEN (excluded.first_t, excluded.first_k) < (first_t, first_k) THEN excluded.first_k ELSE first_k END,
           first_t = min(first_t, excluded.first_t),
           last_k = CASE WHEN (excluded.last_t, excluded.last_k) > (last_t, last_k) THEN excluded.last_k ELSE last_k END,
           last_t = max(last_t, excluded.last_t)`,
        timeline,
        set,
        first.t,
        first.k,
        last.t,
        last.k,
        how,
      );
    }
    this.#usage = new Map();
    for (const { timeline, content, t, k } of this.#notes.values()) {
      this.#db.write(
        'INSERT INTO note(timeline, content, t, k) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = excluded.t, k = excluded.k WHERE (excluded.t, excluded.k) > (t, k)',
        timeline,
        content,
        t,
        k,
      );
    }
    this.#notes = new Map();
  }

  /** A run that nothing can have been stored of yet. */
  runIsNew(run: RunRow): void {
    this.#said.isNew(run.id);
  }

  forget(): void {
    this.#said.forget();
    this.#executions.forget();
    this.#usage = new Map();
    this.#notes = new Map();
    this.#lastSaid.clear();
    this.#tables.clear();
    this.#builder.forget();
    this.#used.clear();
  }

  /** One statement of a run. `factsBefore`: how the run was read before this event, null if it is new; `place`: among the event's statements. */
  sayInRun(said: Said, run: RunRow, factsBefore: RunFacts | null, stamp: Key, place: number): void {
    const interning = this.#intern(said, run.job);
    const { timeline, set, note } = interning;
    const how = attestationCode(said);
    this.#said.say(run.id, timeline.id, set, stamp, how);
    if (run.facts.status === 'FAILED') this.#useFailed(timeline, set, stamp, how);
    else if (interning.usage === null || interning.usage.isWritten)
      interning.usage = this.#useIn(timeline, set, stamp, how);
    else joinUsage(interning.usage, stamp, how);
    this.#note(timeline, note, placed(stamp, place));
    this.#follow(timeline, run, factsBefore, { set, stamp });
  }

  /** A statement of a JobEvent or DatasetEvent: an execution of its own. */
  declare(said: Said, job: number, stamp: Key, place: number): void {
    const { timeline, set, note } = this.#intern(said, job);
    const how = attestationCode(said);
    this.#said.say(0, timeline.id, set, stamp, how);
    this.#useIn(timeline, set, stamp, how);
    this.#note(timeline, note, placed(stamp, place));
    const key = `${hourOf(stamp.t)}.${set}`;
    this.#rebuild(timeline, `d${key}.f`);
    this.#rebuild(timeline, `d${key}.l`);
  }

  /** One part of a snapshot; it counts once all parts are held. */
  saySnapshot(
    said: Said,
    snapshot: { id: string; takenAt: number; part: number; parts: number },
    job: number,
    stamp: Key,
  ): void {
    const { timeline, set, note } = this.#intern(said, job);
    this.#db.write(
      'INSERT OR IGNORE INTO snapshot_part(timeline, snapshot, part, parts, taken_at, eset, t, k, how, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      timeline.id,
      snapshot.id,
      snapshot.part,
      snapshot.parts,
      snapshot.takenAt,
      set,
      stamp.t,
      stamp.k,
      attestationCode(said),
      note,
    );
    this.#rebuild(timeline, `n${snapshot.id}`);
    this.#refreshSnapshotUsage(timeline);
  }

  /** The run is read otherwise than before: everything that it said follows. */
  runChanged(run: RunRow, before: RunFacts): void {
    const timelines = new Set<number>();
    for (const { of } of this.#said.of(run.id)) timelines.add(of);
    for (const timeline of timelines) this.#follow(this.#interned.timelineById(timeline), run, before, null);
  }

  #intern(said: Said, job: number): Interning {
    const timeline = this.#interned.timeline(said.timeline);
    // A declared column of a dataset has no job; one of a job's run or JobEvent has.
    const owner = said.timeline.owner?.kind === 'dataset' ? 0 : job;
    const last = this.#lastSaid.get(timeline.id);
    if (last !== undefined && last.owner === owner && sameElements(last.elements, said.elements)) return last;
    const ids: number[] = [];
    const notes: Note[] = [];
    for (const element of said.elements) {
      const id = this.#interned.element(element, owner);
      ids.push(id);
      if (element.kind === 'COLUMN' && (element.description !== undefined || element.masking !== undefined)) {
        notes.push([id, element.description ?? null, element.masking ?? null]);
      }
    }
    const made: Interning = {
      timeline,
      owner,
      elements: said.elements,
      set: this.#interned.set(ids),
      note: notes.length === 0 ? null : this.#interned.content(JSON.stringify(notes)),
      usage: null,
    };
    this.#lastSaid.set(timeline.id, made);
    return made;
  }

  #note(timeline: TimelineRow, content: number | null, { t, k }: Key): void {
    if (content === null) return;
    const key = `${timeline.id}.${content}`;
    const held = this.#notes.get(key);
    if (held === undefined || compareKeys({ t, k }, held) > 0)
      this.#notes.set(key, { timeline: timeline.id, content, t, k });
  }

  #useFailed(timeline: TimelineRow, set: number, stamp: Key, how: number): void {
    // Uses of the plain timeline are looked up by name even where only failed runs made them.
    this.#remember(timeline, set);
    const failed = this.#interned.failedTimeline(timeline, true);
    if (failed !== null) this.#useIn(failed, this.#builder.failedSet(set), stamp, how);
  }

  #useIn(timeline: TimelineRow, set: number, stamp: Key, how: number): Usage {
    this.#remember(timeline, set);
    const key = `${timeline.id}.${set}`;
    const held = this.#usage.get(key);
    if (held !== undefined) {
      joinUsage(held, stamp, how);
      return held;
    }
    const made: Usage = { timeline: timeline.id, set, first: stamp, last: stamp, how, isWritten: false };
    this.#usage.set(key, made);
    return made;
  }

  /** element → timeline, once per (timeline, set). */
  #remember(timeline: TimelineRow, set: number): void {
    const key = `${timeline.id}.${set}`;
    if (this.#used.get(key) === true) return;
    this.#used.set(key, true);
    for (const element of this.#interned.elements(set)) {
      this.#db.write(
        'INSERT OR IGNORE INTO edge_timeline(element, columns, timeline) VALUES (?, ?, ?)',
        element,
        timeline.columns ? 1 : 0,
        timeline.id,
      );
    }
  }

  /** What `run` said in `timeline` counts as its facts say now. */
  #follow(
    timeline: TimelineRow,
    run: RunRow,
    before: RunFacts | null,
    added: { set: number; stamp: Key } | null,
  ): void {
    const after = run.facts;
    const keyBefore = before?.execution ?? null;
    const keyAfter = after.execution;
    if (keyAfter !== null && (before === null || (keyBefore === keyAfter && onlyGrows(before, after)))) {
      if (before === null && keyAfter.startsWith('r')) this.#table(timeline).isNew(keyAfter);
      this.#grow(timeline, keyAfter, run, added);
      return;
    }
    this.rederived += 1;
    this.#runs.flush();
    this.#said.flush();
    const keys = new Set<string>();
    for (const key of [keyBefore, keyAfter]) if (key !== null) keys.add(key);
    if (before?.content === 'COMPLETE_SNAPSHOT' || after.content === 'COMPLETE_SNAPSHOT') {
      for (const key of this.#snapshotKeys(timeline, run, before, added)) keys.add(key);
    }
    for (const key of keys) this.#rebuild(timeline, key);
    if (before?.status === 'FAILED' || after.status === 'FAILED') {
      const failed = this.#interned.failedTimeline(timeline, true);
      if (failed !== null) this.#rebuild(failed, `r${run.id}`);
      if (before !== null && before.status !== after.status) this.#refreshUsage(timeline, failed, run);
    }
  }

  /** Executions of a LIVE run whose every event is a complete snapshot; all of them if the run's reading changed. */
  #snapshotKeys(
    timeline: TimelineRow,
    run: RunRow,
    before: RunFacts | null,
    added: { set: number; stamp: Key } | null,
  ): string[] {
    const same = before === null || (before.content === run.facts.content && before.status === run.facts.status);
    const rows =
      same && added !== null
        ? [{ hour: hourOf(added.stamp.t), eset: added.set }]
        : [...this.#said.of(run.id)]
            .filter(({ of }) => of === timeline.id)
            .map(({ hour, what }) => ({ hour, eset: what }));
    return rows.flatMap(({ hour, eset }) => [`m${run.id}.${hour}.${eset}.f`, `m${run.id}.${hour}.${eset}.l`]);
  }

  #grow(timeline: TimelineRow, key: string, run: RunRow, added: { set: number; stamp: Key } | null): void {
    const table = this.#table(timeline);
    const before = table.execution(key);
    if (before === null && added === null) {
      this.#rebuild(timeline, key);
      return;
    }
    const t = added?.stamp.t ?? before?.end ?? 0;
    const { status, done } = run.facts;
    const says = added === null ? (before?.says ?? []) : withSaid(before?.says ?? [], added.set, t);
    const candidates = [before?.v ?? null, status === 'DONE' ? done : null, status === 'LIVE' ? t : null].filter(
      (v) => v !== null,
    );
    const after: Execution = {
      key,
      v: candidates.length === 0 ? null : Math.min(...candidates),
      end: Math.max(before?.end ?? t, t, status === 'DONE' ? (done ?? t) : t),
      start: Math.min(before?.start ?? t, t),
      says,
    };
    if (
      before !== null &&
      before.v === after.v &&
      before.end === after.end &&
      before.start === after.start &&
      before.says === says
    )
      return;
    this.#replace(timeline, key, before, after);
  }

  #rebuild(timeline: TimelineRow, key: string): void {
    this.#runs.flush();
    this.#said.flush();
    const table = this.#table(timeline);
    const before = table.execution(key);
    const after = this.#builder.build(timeline, key);
    if (before === null && after === null) return;
    this.#replace(timeline, key, before, after);
  }

  #replace(timeline: TimelineRow, key: string, before: Execution | null, after: Execution | null): void {
    const table = this.#table(timeline);
    table.store(key, after);
    deriveExecution(table, timeline.failedOf === null ? 'lacking' : 'any', before, after);
    this.#tables.weighAgain(timeline.id);
    const failed = timeline.failedOf === null ? this.#interned.failedTimeline(timeline, false) : null;
    if (failed !== null) deriveEndersMoved(this.#table(failed), 'any', before?.v ?? null, after?.v ?? null);
  }

  #table(timeline: TimelineRow): TimelineTable {
    const held = this.#tables.get(timeline.id);
    if (held !== undefined) return held;
    const isUnused = this.#interned.takeUnused(timeline.id);
    const made = new TimelineTable(this.#db, this.#interned, timeline, this.#listener, this.#executions, isUnused);
    this.#tables.set(timeline.id, made);
    return made;
  }

  /** Evidence of snapshots is that of the complete ones. Snapshots are few and rare. */
  #refreshSnapshotUsage(timeline: TimelineRow): void {
    this.flush();
    this.#db.write('DELETE FROM usage WHERE timeline = ?', timeline.id);
    this.#db.write('DELETE FROM note WHERE timeline = ?', timeline.id);
    const complete = this.#db.all('SELECT key FROM execution WHERE timeline = ?', timeline.id);
    for (const { key } of complete) {
      if (typeof key !== 'string') continue;
      for (const row of this.#db.all(
        'SELECT * FROM snapshot_part WHERE timeline = ? AND snapshot = ?',
        timeline.id,
        key.slice(1),
      )) {
        const stamp = { t: int(row, 't'), k: int(row, 'k') };
        this.#useIn(timeline, int(row, 'eset'), stamp, int(row, 'how'));
        this.#note(timeline, intOrNull(row, 'note'), placed(stamp, 0));
      }
    }
  }

  /** A run failed, or turned out not to have: what it said moves between the plain and the MAY_ evidence. */
  #refreshUsage(timeline: TimelineRow, failed: TimelineRow | null, run: RunRow): void {
    this.flush();
    const firsts = new Map<number, Key>();
    for (const { of, what, first } of this.#said.of(run.id)) {
      const held = firsts.get(what);
      if (of === timeline.id && (held === undefined || compareKeys(first, held) < 0)) firsts.set(what, first);
    }
    for (const [set, first] of firsts) {
      this.#rebuildUsage(timeline, set, timeline.id, set, "<> 'FAILED'", first);
      if (failed !== null)
        this.#rebuildUsage(failed, this.#builder.failedSet(set), timeline.id, set, "= 'FAILED'", first);
    }
  }

  #rebuildUsage(into: TimelineRow, as: number, timeline: number, set: number, status: string, runFirst: Key): void {
    const from = `FROM said JOIN run ON run.id = said.run WHERE said.timeline = ? AND said.eset = ? AND run.status ${status}`;
    const last = this.#db.get(
      `SELECT said.last_t AS t, said.last_k AS k, said.how AS how ${from} ORDER BY said.last_t DESC, said.last_k DESC LIMIT 1`,
      timeline,
      set,
    );
    const held = this.#db.get(
      'SELECT first_t AS t, first_k AS k, how FROM usage WHERE timeline = ? AND eset = ?',
      into.id,
      as,
    );
    // What was said before this run ever spoke is not this run's; only then must the first be looked for.
    const first =
      held !== undefined && compareKeys(keyIn(held), runFirst) < 0
        ? held
        : this.#db.get(
            `SELECT said.first_t AS t, said.first_k AS k, said.how AS how ${from} ORDER BY said.first_t, said.first_k LIMIT 1`,
            timeline,
            set,
          );
    const sealed = this.#db.get(
      'SELECT * FROM sealed_usage WHERE timeline = ? AND eset = ? AND failed = ?',
      timeline,
      set,
      into.failedOf === null ? 0 : 1,
    );
    this.#db.write('DELETE FROM usage WHERE timeline = ? AND eset = ?', into.id, as);
    const firsts = [first && keyIn(first), sealed && keyIn(sealed, 'first_')].filter((key) => key !== undefined);
    const lasts = [
      last && { ...keyIn(last), how: int(last, 'how') },
      sealed && { ...keyIn(sealed, 'last_'), how: int(sealed, 'how') },
    ].filter((key) => key !== undefined);
    const [begin] = firsts.sort(compareKeys);
    const [end] = lasts.sort((a, b) => compareKeys(b, a));
    if (begin === undefined || end === undefined) return;
    this.#remember(into, as);
    this.#db.write(
      'INSERT INTO usage(timeline, eset, first_t, first_k, last_t, last_k, how) VALUES (?, ?, ?, ?, ?, ?, ?)',
      into.id,
      as,
      begin.t,
      begin.k,
      end.t,
      end.k,
      end.how,
    );
  }
}

function joinUsage(usage: Usage, stamp: Key, how: number): void {
  if (compareKeys(stamp, usage.first) < 0) usage.first = stamp;
  if (compareKeys(stamp, usage.last) >= 0) {
    usage.last = stamp;
    usage.how = how;
  }
}

function keyIn(row: Row, prefix = ''): Key {
  return { t: int(row, `${prefix}t`), k: int(row, `${prefix}k`) };
}

function onlyGrows(before: RunFacts, after: RunFacts): boolean {
  return before.status === after.status
    ? before.done === after.done
    : before.status === 'OPEN' && after.status === 'DONE';
}
