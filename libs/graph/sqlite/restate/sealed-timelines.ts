/**
 * What the lines don't say of claims (which runs made them, and what these replaced) is kept as retention keeps what it
 * takes: intervals and evidence are sealed up to the last word of their timeline, so that an earlier event only adds, and a
 * later one replaces what it doesn't name.
 *
 * ```
 * sealed ───────────────────────┤ last word
 * a  ██████████████             │                  closed: stays as it is
 * b        █████████████████████│██████│           open: until a later version that lacks it
 * ```
 * One execution stands for all that were. Runs that may have said what is open are executions of their own beside it: what
 * they said before counts when they speak again.
 */
import { type Execution, FOREVER } from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import { type Database, int, intOrNull, type Row } from '../database.ts';
import type { Interned, TimelineRow } from '../interned.ts';
import { hourOf } from '../stamps.ts';
import { ExecutionBuilder } from '../write/execution-builder.ts';
import { RunTable, runOf } from '../write/run-table.ts';
import { SayingRows } from '../write/saying-rows.ts';
import { HeldExecutions } from '../write/stored-executions.ts';

/** Of runs that were alive at one instant, those that began last may have spoken. */
const MOST_SPEAKERS = 16;

/** The execution that stands for those that were; no run and no statement has this key. */
const STAND_IN = 's';

export class SealedTimelines {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #builder: ExecutionBuilder;
  readonly #executions: HeldExecutions;

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
    const said = new SayingRows(db, { name: 'said', of: 'timeline', what: 'eset', hasHow: true });
    this.#builder = new ExecutionBuilder(db, interned, new RunTable(db, interned), said);
    this.#executions = new HeldExecutions(db);
  }

  /** Of a timeline whose spans are stored, and whose claims are in `stated_claim`. */
  seal(timeline: TimelineRow): void {
    const claims = this.#db.all('SELECT * FROM stated_claim WHERE timeline = ?', timeline.id);
    this.#evidence(timeline, claims);
    const open = claims.filter((claim) => claim['since'] !== null);
    const spoke = this.#speakers(timeline, open);
    const closed = this.#db.get(
      'SELECT max(until) AS until FROM span WHERE timeline = ? AND until < ?',
      timeline.id,
      FOREVER,
    );
    const replaced = (closed && intOrNull(closed, 'until')) ?? null;
    const says = [...groupedBy(open, ({ since }) => since).values()].map(
      (group) => [this.#setOf(group), int(group[0] ?? {}, 'since')] as const,
    );
    const ends = [...claims.map((claim) => int(claim, 'last_t')), ...spoke.map(({ end }) => end), replaced ?? -FOREVER];
    const end = Math.max(...ends);
    const standIn: Execution = {
      key: STAND_IN,
      // Each declaration replaces; of runs it is known where something ended.
      v: timeline.failedOf !== null ? null : timeline.mode === 'DECLARED' ? end : replaced,
      end,
      start: Math.min(end, ...says.map(([, first]) => first)),
      says,
    };
    for (const execution of [...spoke, standIn]) this.#executions.hold(timeline.id, execution.key, execution);
    this.#executions.flush();
    const longest = Math.max(...[...spoke, standIn].map((each) => each.end - each.start));
    this.#db.write('UPDATE timeline SET sealed = ?, longest = ? WHERE id = ?', end, longest, timeline.id);
  }

  #evidence(timeline: TimelineRow, claims: readonly Row[]): void {
    const told = claims.filter((claim) => claim['how'] !== null);
    for (const group of groupedBy(told, (row) => [...stampsOf(row), row['how']].join('.')).values()) {
      const values = [this.#setOf(group), ...stampsOf(group[0] ?? {}), int(group[0] ?? {}, 'how')];
      this.#db.write(
        'INSERT INTO usage(timeline, eset, first_t, first_k, last_t, last_k, how) VALUES (?, ?, ?, ?, ?, ?, ?)',
        timeline.id,
        ...values,
      );
      if (timeline.failedOf !== null) continue;
      this.#db.write(
        'INSERT INTO sealed_usage(timeline, eset, first_t, first_k, last_t, last_k, how, failed) VALUES (?, ?, ?, ?, ?, ?, ?, 0)',
        timeline.id,
        ...values,
      );
    }
  }

  /** Runs that were alive when an open edge was said last said it, for all that is known. */
  #speakers({ id, mode, owner, failedOf }: TimelineRow, open: readonly Row[]): Execution[] {
    if (mode !== 'RUN' || owner === null || failedOf !== null) return [];
    const keys = new Set<string>();
    const sayable = open.filter((claim) => claim['cut'] === 0 && claim['how'] !== null);
    for (const group of groupedBy(sayable, keyOfSpeech).values()) {
      const [claim = {}] = group;
      const [, , lastT, lastK] = stampsOf(claim);
      const set = this.#setOf(group);
      for (const run of this.#aliveAt(owner, lastT)) {
        const { execution } = run.facts;
        const first = Math.max(int(claim, 'since'), run.start.t);
        if (execution === null || first > lastT) continue;
        keys.add(execution);
        this.#db.write(
          'INSERT INTO said(run, timeline, hour, eset, first_t, first_k, last_t, last_k, how) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)',
          ...[run.id, id, hourOf(lastT), set, first, lastT, lastK, int(claim, 'how')],
        );
      }
    }
    const timeline = this.#interned.timelineById(id);
    return [...keys].map((key) => this.#builder.build(timeline, key)).filter((execution) => execution !== null);
  }

  #aliveAt(job: number, t: number) {
    return this.#db
      .all(
        `SELECT * FROM run WHERE job = ? AND start_t <= ? AND last_t >= ? AND status <> 'FAILED' ORDER BY start_t DESC LIMIT ${MOST_SPEAKERS}`,
        ...[job, t, t],
      )
      .map(runOf);
  }

  #setOf(claims: readonly Row[]): number {
    return this.#interned.set(claims.map((claim) => int(claim, 'element')));
  }
}

const stampsOf = (row: Row): [firstT: number, firstK: number, lastT: number, lastK: number] => [
  int(row, 'first_t'),
  int(row, 'first_k'),
  int(row, 'last_t'),
  int(row, 'last_k'),
];

const keyOfSpeech = (row: Row): string => [row['since'], row['last_t'], row['last_k'], row['how']].join('.');
