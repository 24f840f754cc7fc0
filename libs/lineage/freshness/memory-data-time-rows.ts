import {
  type Contribution,
  type ContributionValue,
  type DataTimeStep,
  type Moment,
  momentOf,
  seenBy,
} from './data-time.ts';
import type { DataTimeRows } from './data-time-propagation.ts';

/** Rows of data time in memory: of a part of the graph that was read to answer one question. */
export class MemoryDataTimeRows implements DataTimeRows {
  readonly #contributions = new Map<string, Contribution>();
  readonly #values = new Map<string, ContributionValue>();
  /** By dataset, ascending by (moment, key). */
  readonly #of = new Map<string, Contribution[]>();
  /** By dataset, ascending by moment. */
  readonly #steps = new Map<string, DataTimeStep[]>();
  /** By input, ascending by (what the write sees, key). */
  readonly #readers = new Map<string, { readonly seen: Moment; readonly key: string }[]>();

  get datasets(): Iterable<string> {
    return this.#of.keys();
  }

  contribution(key: string): Contribution | null {
    return this.#contributions.get(key) ?? null;
  }

  *contributionsFrom(dataset: string, moment: Moment): Iterable<Contribution> {
    const all = this.#of.get(dataset) ?? [];
    for (let at = firstAt(all, (one) => momentOf(one) >= moment); at < all.length; at++) {
      const found = all[at];
      if (found !== undefined) yield found;
    }
  }

  *readers(dataset: string, from: Moment, to: Moment): Iterable<string> {
    const all = this.#readers.get(dataset) ?? [];
    for (let at = firstAt(all, ({ seen }) => seen >= from); at < all.length; at++) {
      const found = all[at];
      if (found === undefined || found.seen >= to) return;
      yield found.key;
    }
  }

  store(contribution: Contribution): void {
    const value = this.#values.get(contribution.key);
    this.remove(contribution.key);
    if (value !== undefined) this.#values.set(contribution.key, value);
    this.#contributions.set(contribution.key, contribution);
    insert(this.#of, contribution.dataset, contribution, byMomentAndKey);
    if (contribution.kind !== 'write') return;
    const reader = { seen: seenBy(contribution), key: contribution.key };
    for (const input of contribution.inputs) insert(this.#readers, input, reader, bySeenAndKey);
  }

  remove(key: string): void {
    const held = this.#contributions.get(key);
    if (held === undefined) return;
    this.#contributions.delete(key);
    this.#values.delete(key);
    take(this.#of, held.dataset, held, byMomentAndKey);
    if (held.kind !== 'write') return;
    for (const input of held.inputs) take(this.#readers, input, { seen: seenBy(held), key }, bySeenAndKey);
  }

  value(key: string): ContributionValue | null {
    return this.#values.get(key) ?? null;
  }

  setValue(key: string, value: ContributionValue): void {
    this.#values.set(key, value);
  }

  stepUpTo(dataset: string, moment: Moment): DataTimeStep | null {
    const all = this.#steps.get(dataset) ?? [];
    return all[firstAt(all, (step) => step.moment > moment) - 1] ?? null;
  }

  setStep(dataset: string, step: DataTimeStep): void {
    this.removeStep(dataset, step.moment);
    insert(this.#steps, dataset, step, byStepMoment);
  }

  removeStep(dataset: string, moment: Moment): void {
    const all = this.#steps.get(dataset);
    if (all === undefined) return;
    const at = firstAt(all, (step) => step.moment >= moment);
    if (all[at]?.moment === moment) all.splice(at, 1);
  }
}

type Compare<T> = (a: T, b: T) => number;

const byKey: Compare<{ readonly key: string }> = (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
const byMomentAndKey: Compare<Contribution> = (a, b) => momentOf(a) - momentOf(b) || byKey(a, b);
const bySeenAndKey: Compare<{ readonly seen: Moment; readonly key: string }> = (a, b) => a.seen - b.seen || byKey(a, b);
const byStepMoment: Compare<DataTimeStep> = (a, b) => a.moment - b.moment;

/** The first place at which a test that stays true once it is true is true. */
function firstAt<T>(all: readonly T[], isThere: (one: T) => boolean): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = all[middle];
    if (one !== undefined && isThere(one)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function insert<T>(lists: Map<string, T[]>, of: string, one: T, compare: Compare<T>): void {
  const all = lists.get(of);
  if (all === undefined) lists.set(of, [one]);
  else
    all.splice(
      firstAt(all, (other) => compare(other, one) >= 0),
      0,
      one,
    );
}

function take<T>(lists: Map<string, T[]>, of: string, one: T, compare: Compare<T>): void {
  const all = lists.get(of) ?? [];
  const at = firstAt(all, (other) => compare(other, one) >= 0);
  const found = all[at];
  if (found !== undefined && compare(found, one) === 0) all.splice(at, 1);
  if (all.length === 0) lists.delete(of);
}
