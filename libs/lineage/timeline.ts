/**
 * From a timeline's executions to its intervals, kept up to date one execution at a time.
 *
 * The claim (x, e) of execution x on element e holds from m(x,e), its first mention, to the first v(y) > E(x) of an
 * execution y with e ∉ S(y): v is when an execution may replace, E until when it was alive. Call such a y an *ender*
 * of e. The intervals of e are the union of its claims.
 *
 * ```
 * r1   m━━━━v=E                     a, x        claim (r1,a): m(r1,a) to v(r3), the first ender of a after E(r1)
 * r3                m━━━━v=E        b, x        x ∈ S(r3): r3 is no ender of x, so x never closes
 * a    ██████████████████│
 * b                 ████████████▶
 * ```
 *
 * What makes it cheap: the claim's end depends on E(x) alone and rises with it. So where e's intervals already cover
 * the instant E(x), a claim that reaches E(x) adds nothing after it; and from the first version y after E(x) on that
 * names e itself, y's own claim carries on. A change therefore touches one bounded window of each element concerned:
 * work does not grow with the history of the job. `test/model` holds this against the naive fold.
 */

/** Where an interval has no end. Beyond any event time. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

export interface Execution {
  readonly key: string;
  /** v: when it may replace, null while it may not. */
  readonly v: number | null;
  /** E: the last sign of life, ≥ v and ≥ every mention. */
  readonly end: number;
  /** The first mention of anything. */
  readonly start: number;
  /** What it said: sets of elements, each with its first mention. */
  readonly says: readonly (readonly [set: number, first: number])[];
}

export interface Span {
  readonly from: number;
  /** Exclusive; FOREVER while open. */
  readonly to: number;
}

/** The stored rows of one timeline. Iterations are lazy: a caller stops at the first row that settles its question. */
export interface TimelineRows {
  /** Before this instant executions were pruned: what is derived there stays, and only what adds is added. */
  readonly sealedUntil: number;
  /** Executions with v > t, ascending by v. */
  versionsAfter(t: number): Iterable<Execution>;
  /** Executions with v ≤ t, descending by v. */
  versionsUpTo(t: number): Iterable<Execution>;
  /** Executions with start ≤ t ≤ end. */
  alive(t: number): Iterable<Execution>;
  /** Executions with notBefore ≤ end < t, descending by end. */
  endedBefore(t: number, notBefore: number): Iterable<Execution>;
  /** Executions with t < start < before, ascending by start. */
  startedAfter(t: number, before: number): Iterable<Execution>;
  has(set: number, element: number): boolean;
  elements(set: number): Iterable<number>;
  /** The interval of e that contains t, or null. */
  spanAt(element: number, t: number): Span | null;
  /** Elements with an interval that contains t and began before it. */
  openAcross(t: number): Iterable<number>;
  /** Elements with an interval that ends exactly at t. */
  endingAt(t: number): Iterable<number>;
  /** Replaces what the intervals of e say of [from, to) by `spans` (sorted, apart), joining what touches. */
  replace(element: number, from: number, to: number, spans: readonly Span[]): void;
}

/**
 * `lacking`: y ends e when it doesn't name e. `any`: every version ends every claim, as it does for what only failed
 * runs said.
 */
export type EnderRule = 'lacking' | 'any';

/**
 * Brings the intervals up to date after one execution changed. `rows` already hold the executions as they are now.
 *
 * @param before the execution as it was, null if it is new
 * @param after the execution as it is, null if it is gone
 */
export function deriveExecution(
  rows: TimelineRows,
  rule: EnderRule,
  before: Execution | null,
  after: Execution | null,
): void {
  const windows = new Windows(rows, rule);
  touchClaims(windows, rows, before, after);
  const v0 = before?.v ?? null;
  const v1 = after?.v ?? null;
  if (v0 !== v1)
    deriveEnders(windows, rows, v0, v1, (e) => rule === 'lacking' && after !== null && names(rows, after, e));
  windows.recompute();
}

/**
 * Brings the intervals of `any` timelines up to date after a version of the timeline that ends them moved.
 */
export function deriveEndersMoved(rows: TimelineRows, rule: EnderRule, v0: number | null, v1: number | null): void {
  if (v0 === v1) return;
  const windows = new Windows(rows, rule);
  deriveEnders(windows, rows, v0, v1, () => false);
  windows.recompute();
}

function deriveEnders(
  windows: Windows,
  rows: TimelineRows,
  v0: number | null,
  v1: number | null,
  spared: (element: number) => boolean,
): void {
  const isOpen = (v: number | null): v is number => v !== null && v >= rows.sealedUntil;
  if (isOpen(v0)) for (const e of rows.endingAt(v0)) windows.touch(e, v0, v0);
  if (isOpen(v1)) for (const e of rows.openAcross(v1)) if (!spared(e)) windows.touch(e, v1, v1);
}

function touchClaims(windows: Windows, rows: TimelineRows, before: Execution | null, after: Execution | null): void {
  const seen = new Set<number>();
  const sameSays = before !== null && after !== null && equalSays(before.says, after.says);
  for (const execution of sameSays ? [after] : [before, after]) {
    for (const [set] of execution?.says ?? []) {
      for (const e of rows.elements(set)) {
        if (seen.has(e)) continue;
        seen.add(e);
        touchClaim(windows, rows, before, after, e);
      }
    }
  }
}

function touchClaim(
  windows: Windows,
  rows: TimelineRows,
  before: Execution | null,
  after: Execution | null,
  e: number,
): void {
  const m0 = before === null ? null : firstMention(rows, before, e);
  const m1 = after === null ? null : firstMention(rows, after, e);
  const grows =
    m1 !== null && after !== null && (m0 === null || before === null || (m1 <= m0 && after.end >= before.end));
  if (grows) {
    if (m0 === m1 && before !== null && before.end === after.end) return;
    // An element that joins an execution which already replaced heals the gap that it made.
    const from = m0 === null && before !== null && before.v !== null ? Math.min(m1, before.v) : m1;
    const covering = rows.spanAt(e, after.end);
    if (covering !== null && covering.from <= from) return;
    windows.touch(e, from, after.end);
    return;
  }
  const from = Math.min(m0 ?? FOREVER, m1 ?? FOREVER, after?.v ?? FOREVER, before?.v ?? FOREVER);
  windows.touch(e, from, Math.max(before?.end ?? from, after?.end ?? from));
}

/** The stretch of each element's time that a change may have altered. */
class Windows {
  readonly #rows: TimelineRows;
  readonly #rule: EnderRule;
  readonly #windows = new Map<number, { from: number; to: number }>();

  constructor(rows: TimelineRows, rule: EnderRule) {
    this.#rows = rows;
    this.#rule = rule;
  }

  /** From `from` to where a claim that was alive until `alive` must have ended or been taken over. */
  touch(element: number, from: number, alive: number): void {
    const to = this.#bound(element, alive);
    const window = this.#windows.get(element);
    if (window === undefined) this.#windows.set(element, { from, to });
    else {
      window.from = Math.min(window.from, from);
      window.to = Math.max(window.to, to);
    }
  }

  recompute(): void {
    for (const [e, { from, to }] of this.#windows) {
      if (from < to) this.#rows.replace(e, from, to, this.#coverage(e, from, to));
    }
  }

  #bound(e: number, alive: number): number {
    for (const y of this.#rows.versionsAfter(alive)) {
      const v = y.v ?? FOREVER;
      if (this.#rule === 'any') return v;
      const m = firstMention(this.#rows, y, e);
      if (m === null || m <= v) return v;
    }
    return FOREVER;
  }

  #coverage(e: number, from: number, to: number): Span[] {
    const spans: Span[] = [];
    let at = from;
    while (at < to) {
      const end = this.#coveredUntil(e, at, to);
      if (end !== null) {
        const last = spans.at(-1);
        if (last !== undefined && last.to === at) spans[spans.length - 1] = { from: last.from, to: end };
        else spans.push({ from: at, to: end });
        at = end;
        continue;
      }
      const next = this.#nextMention(e, at, to);
      if (next === null) break;
      at = next;
    }
    return spans;
  }

  /** If a claim on e covers t: where the longest of them ends, at most `to`. */
  #coveredUntil(e: number, t: number, to: number): number | null {
    const alive = this.#lastEndCovering(e, t);
    if (alive === null) return null;
    for (const y of this.#rows.versionsAfter(Math.max(alive, t))) {
      const v = y.v ?? FOREVER;
      if (v >= to) break;
      if (this.#ends(y, e)) return v;
    }
    return to;
  }

  /** E of a claim that covers t: the greatest where one is alive at t, else any (they all end at the same ender). */
  #lastEndCovering(e: number, t: number): number | null {
    let best: number | null = null;
    for (const x of this.#rows.alive(t)) {
      const m = firstMention(this.#rows, x, e);
      if (m !== null && m <= t && (best === null || x.end > best)) best = x.end;
    }
    if (best !== null) return best;
    let notBefore = -FOREVER;
    for (const y of this.#rows.versionsUpTo(t)) {
      if (this.#ends(y, e)) {
        notBefore = y.v ?? notBefore;
        break;
      }
      const m = this.#rule === 'any' ? null : firstMention(this.#rows, y, e);
      if (m !== null && m <= t) return y.end;
    }
    for (const x of this.#rows.endedBefore(t, notBefore)) {
      const m = firstMention(this.#rows, x, e);
      if (m !== null && m <= t) return x.end;
    }
    return null;
  }

  #nextMention(e: number, t: number, before: number): number | null {
    let next = before;
    for (const x of this.#rows.alive(t)) {
      const m = firstMention(this.#rows, x, e);
      if (m !== null && m > t && m < next) next = m;
    }
    for (const x of this.#rows.startedAfter(t, before)) {
      if (x.start >= next) break;
      const m = firstMention(this.#rows, x, e);
      if (m !== null && m < next) next = m;
    }
    return next < before ? next : null;
  }

  #ends(y: Execution, e: number): boolean {
    return this.#rule === 'any' || !names(this.#rows, y, e);
  }
}

/** m(x,e), null where x doesn't name e. */
export function firstMention(rows: Pick<TimelineRows, 'has'>, x: Execution, e: number): number | null {
  let first: number | null = null;
  for (const [set, at] of x.says) {
    if ((first === null || at < first) && rows.has(set, e)) first = at;
  }
  return first;
}

function names(rows: Pick<TimelineRows, 'has'>, x: Execution, e: number): boolean {
  return x.says.some(([set]) => rows.has(set, e));
}

function equalSays(a: Execution['says'], b: Execution['says']): boolean {
  return a === b || (a.length === b.length && a.every(([set, first], i) => b[i]?.[0] === set && b[i]?.[1] === first));
}
