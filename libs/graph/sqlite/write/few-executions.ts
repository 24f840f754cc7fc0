/**
 * All executions of a timeline, as long as they are few: most timelines are new, or of jobs that ran once or twice, and
 * each of their elements asks the same questions.
 */
import type { Execution } from '#lineage';

/** What the derivation asks of a timeline's executions: see `TimelineRows`. */
export interface Executions {
  versionsAfter(t: number): Iterable<Execution>;
  versionsUpTo(t: number): Iterable<Execution>;
  /** @param longest no execution lived longer than this, ms */
  alive(t: number, longest: number): Iterable<Execution>;
  endedBefore(t: number, notBefore: number): Iterable<Execution>;
  startedAfter(t: number, before: number): Iterable<Execution>;
}

const FEW = 8;

export class FewExecutions implements Executions {
  readonly #executions = new Map<string, Execution>();

  get size(): number {
    return this.#executions.size;
  }

  /** @returns false: they are too many from now on */
  store(key: string, execution: Execution | null): boolean {
    if (execution === null) this.#executions.delete(key);
    else this.#executions.set(key, execution);
    return this.#executions.size <= FEW;
  }

  get(key: string): Execution | null {
    return this.#executions.get(key) ?? null;
  }

  versionsAfter(t: number): Execution[] {
    return this.#where(({ v }) => v !== null && v > t).sort((a, b) => (a.v ?? 0) - (b.v ?? 0) || byKey(a, b));
  }

  versionsUpTo(t: number): Execution[] {
    return this.#where(({ v }) => v !== null && v <= t).sort((a, b) => (b.v ?? 0) - (a.v ?? 0) || byKey(b, a));
  }

  alive(t: number): Execution[] {
    return this.#where(({ start, end }) => start <= t && end >= t);
  }

  endedBefore(t: number, notBefore: number): Execution[] {
    return this.#where(({ end }) => end < t && end >= notBefore).sort((a, b) => b.end - a.end || byKey(b, a));
  }

  startedAfter(t: number, before: number): Execution[] {
    return this.#where(({ start }) => start > t && start < before).sort((a, b) => a.start - b.start || byKey(a, b));
  }

  #where(wanted: (execution: Execution) => boolean): Execution[] {
    return [...this.#executions.values()].filter(wanted);
  }
}

function byKey(a: Execution, b: Execution): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
