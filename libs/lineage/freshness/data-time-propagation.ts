/**
 * Keeps data times up to date, one contribution at a time. What is altered is a stretch of one dataset's time, from the
 * moment of the contribution to where the next ones had overtaken it anyway; only runs that began in that stretch are
 * worked out anew.
 *
 * ```
 * raw    ━━━━━━━08:00━━━━━━━━━━┳━━09:00━━━▶       a late word: raw reached 08:30 from 08:15 on
 *                   ↑ 08:15    ┃                  altered: [08:15, 08:50), where 09:00 was told
 * runs       ○ 08:10    ○ 08:40    ○ 09:10        only the run of 08:40 saw it: its output alone goes on
 * ```
 *
 * Work goes in the order of moments. A run sees only what lies before it, so each is worked out once, circles in the
 * lineage included.
 */
import {
  type Contribution,
  type ContributionValue,
  contributed,
  type DataTimeStep,
  type Moment,
  momentOf,
  NOTHING,
  nextStep,
  type Shown,
  sameStep,
  seenBy,
  shownOf,
} from './data-time.ts';

/** The stored rows. Iterations are lazy. */
export interface DataTimeRows {
  contribution(key: string): Contribution | null;
  /** Of a dataset, ascending by moment, then key, from a moment on. */
  contributionsFrom(dataset: string, moment: Moment): Iterable<Contribution>;
  /** Keys of writes that have the dataset among their inputs, and see from ≤ moment < to. */
  readers(dataset: string, from: Moment, to: Moment): Iterable<string>;
  store(contribution: Contribution): void;
  remove(key: string): void;
  /** Of a write; null: not worked out yet. */
  value(key: string): ContributionValue | null;
  setValue(key: string, value: ContributionValue): void;
  /** The last step at or before a moment. */
  stepUpTo(dataset: string, moment: Moment): DataTimeStep | null;
  setStep(dataset: string, step: DataTimeStep): void;
  removeStep(dataset: string, moment: Moment): void;
}

export class DataTimePropagation {
  readonly #rows: DataTimeRows;
  readonly #due = new DueWork();
  /** How many contributions were worked out: what a change costs. */
  worked = 0;

  constructor(rows: DataTimeRows) {
    this.#rows = rows;
  }

  /** A contribution is new, or is not what it was. */
  put(contribution: Contribution): void {
    const before = this.#rows.contribution(contribution.key);
    if (before !== null) this.#due.step(momentOf(before), before.dataset);
    this.#rows.store(contribution);
    if (contribution.kind === 'write') this.#due.contribution(momentOf(contribution), contribution.key);
    this.#due.step(momentOf(contribution), contribution.dataset);
  }

  /** A contribution holds no longer. */
  remove(key: string): void {
    const before = this.#rows.contribution(key);
    if (before === null) return;
    this.#rows.remove(key);
    this.#due.step(momentOf(before), before.dataset);
  }

  /** @returns datasets that reach further, or less far, than before, or by another's word */
  settle(): ReadonlySet<string> {
    const altered = new Set<string>();
    for (let work = this.#due.take(); work !== null; work = this.#due.take()) {
      for (const key of work.contributions) this.#workOut(key);
      for (const dataset of work.steps) if (this.#retrace(dataset, work.moment)) altered.add(dataset);
    }
    return altered;
  }

  #workOut(key: string): void {
    const contribution = this.#rows.contribution(key);
    if (contribution?.kind !== 'write') return;
    this.worked += 1;
    const value = contributed(contribution, (input) => seenAt(this.#rows, input, seenBy(contribution)));
    const held = this.#rows.value(key);
    if (held !== null && sameValue(held, value)) return;
    this.#rows.setValue(key, value);
    this.#due.step(momentOf(contribution), contribution.dataset);
  }

  /** Steps from a moment on, as far as they differ from what was held. @returns whether the last one differs */
  #retrace(dataset: string, from: Moment): boolean {
    let was = this.#rows.stepUpTo(dataset, from - 1) ?? NOTHING;
    let is = was;
    for (const [moment, contributions] of byMoment(this.#rows, dataset, from)) {
      const before = is;
      was = this.#heldAt(dataset, moment) ?? was;
      is = nextStep(before, moment, this.#valued(contributions));
      this.#keep(dataset, before, is);
      if (!sameStep(was, is)) continue;
      this.#recompute(dataset, from, moment);
      return false;
    }
    this.#recompute(dataset, from, Number.POSITIVE_INFINITY);
    return true;
  }

  /** A step that says what the one before it says is none. */
  #keep(dataset: string, before: DataTimeStep, step: DataTimeStep): void {
    if (sameStep(before, step)) this.#rows.removeStep(dataset, step.moment);
    else this.#rows.setStep(dataset, step);
  }

  #heldAt(dataset: string, moment: Moment): DataTimeStep | null {
    const held = this.#rows.stepUpTo(dataset, moment);
    return held?.moment === moment ? held : null;
  }

  #recompute(dataset: string, from: Moment, to: Moment): void {
    if (from >= to) return;
    for (const key of this.#rows.readers(dataset, from, to)) {
      const reader = this.#rows.contribution(key);
      if (reader !== null) this.#due.contribution(momentOf(reader), key);
    }
  }

  *#valued(contributions: Iterable<Contribution>): Iterable<{ contribution: Contribution; value: ContributionValue }> {
    for (const contribution of contributions) {
      const value =
        contribution.kind === 'told' ? contributed(contribution, () => NEVER) : this.#rows.value(contribution.key);
      // Not worked out yet: it is due, and its dataset's steps with it.
      if (value !== null) yield { contribution, value };
    }
  }
}

const NEVER: Shown = { at: null, by: null, upTo: Number.POSITIVE_INFINITY };

/** How far a dataset reached at a moment. */
export const seenAt = (rows: Pick<DataTimeRows, 'stepUpTo'>, dataset: string, moment: Moment): Shown =>
  shownOf(rows.stepUpTo(dataset, moment) ?? NOTHING);

function sameValue(a: ContributionValue, b: ContributionValue): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.kind === b.kind && a.value === b.value && a.via === b.via && a.capped === b.capped;
}

/** From a moment on; the first one comes even where nothing is left of it. */
function* byMoment(rows: DataTimeRows, dataset: string, from: Moment): Iterable<[Moment, readonly Contribution[]]> {
  let moment = from;
  let held: Contribution[] = [];
  for (const contribution of rows.contributionsFrom(dataset, from)) {
    const at = momentOf(contribution);
    if (at !== moment) {
      yield [moment, held];
      moment = at;
      held = [];
    }
    held.push(contribution);
  }
  yield [moment, held];
}

interface MomentWork {
  readonly moment: Moment;
  readonly contributions: Set<string>;
  readonly steps: Set<string>;
}

/** What is to be worked out, the earliest moment first: a binary heap of moments. */
class DueWork {
  readonly #heap: Moment[] = [];
  readonly #at = new Map<Moment, MomentWork>();
  /** The work of the present moment may still grow while it is done. */
  #now: MomentWork | null = null;

  contribution(moment: Moment, key: string): void {
    this.#of(moment).contributions.add(key);
  }

  step(moment: Moment, dataset: string): void {
    this.#of(moment).steps.add(dataset);
  }

  take(): MomentWork | null {
    this.#now = null;
    const [first] = this.#heap;
    if (first === undefined) return null;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    this.#now = this.#at.get(first) ?? null;
    this.#at.delete(first);
    return this.#now;
  }

  #of(moment: Moment): MomentWork {
    if (this.#now?.moment === moment) return this.#now;
    const held = this.#at.get(moment);
    if (held !== undefined) return held;
    const made: MomentWork = { moment, contributions: new Set(), steps: new Set() };
    this.#at.set(moment, made);
    this.#rise(moment);
    return made;
  }

  #rise(moment: Moment): void {
    let at = this.#heap.push(moment) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.#heap[above];
      if (other === undefined || other <= moment) break;
      this.#heap[at] = other;
      this.#heap[above] = moment;
      at = above;
    }
  }

  #sink(): void {
    let at = 0;
    const moment = this.#heap[0];
    if (moment === undefined) return;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) return;
      const [below, least] = b !== undefined && b < a ? [left + 1, b] : [left, a];
      if (least >= moment) return;
      this.#heap[at] = least;
      this.#heap[below] = moment;
      at = below;
    }
  }
}
