/**
 * Small sorted sets that keep what is newest. Each is a join: the result is a function of the set of items ever added,
 * so neither the order of adding nor repeats can change it. That holds because an item that is thrown out could never
 * have come back: whatever pushed it out only grows.
 */

/** Begins with the time it stands for (ms); the rest breaks ties, so that order needs no hash of the event. */
export type Tuple = readonly [t: number, ...rest: readonly (number | string | null)[]];

/** Element by element; null is below everything. */
export function compareTuples(a: Tuple, b: Tuple): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i] ?? null;
    const y = b[i] ?? null;
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** The last item for each key, and of those the newest `limit`. Sorted, oldest first. */
export function withNewestByKey<T extends Tuple>(
  kept: readonly T[],
  item: T,
  keyOf: (item: T) => string,
  limit: number,
): readonly T[] {
  const key = keyOf(item);
  const rival = kept.find((other) => keyOf(other) === key);
  if (rival !== undefined && compareTuples(rival, item) >= 0) return kept;
  return insert(rival === undefined ? kept : kept.filter((other) => other !== rival), item).slice(-limit);
}

/** Of each stretch of `ms`, the last item; for the newest `keep` stretches that have one. */
export interface Step {
  readonly ms: number;
  readonly keep: number;
}

/**
 * Items at widening steps: the last one of each of the newest seconds, minutes and hours, say. Recent history is fine,
 * older history coarse, and the number is bounded. Sorted, oldest first.
 *
 * ```
 * steps 1 s × 3, 60 s × 3      0:10  0:50  1:20  1:58  1:59  2:00
 *                                     kept        kept  kept  kept      0:50: the last of its minute
 * ```
 */
export function withNewestPerStep<T extends Tuple>(kept: readonly T[], item: T, steps: readonly Step[]): readonly T[] {
  return kept.some((other) => compareTuples(other, item) === 0) ? kept : newestPerStep(insert(kept, item), steps);
}

/** `items` are sorted, oldest first. */
export function newestPerStep<T extends Tuple>(items: readonly T[], steps: readonly Step[]): readonly T[] {
  const keep = new Set<T>();
  for (const step of steps) {
    let stretches = 0;
    let stretch: number | null = null;
    for (let i = items.length - 1; i >= 0 && stretches < step.keep; i--) {
      const item = items[i];
      if (item === undefined) break;
      const of = Math.floor(item[0] / step.ms);
      if (of === stretch) continue;
      stretch = of;
      stretches++;
      keep.add(item);
    }
  }
  return keep.size === items.length ? items : items.filter((item) => keep.has(item));
}

function insert<T extends Tuple>(sorted: readonly T[], item: T): readonly T[] {
  let at = sorted.length;
  for (; at > 0; at--) {
    const before = sorted[at - 1];
    if (before === undefined || compareTuples(before, item) <= 0) break;
  }
  return [...sorted.slice(0, at), item, ...sorted.slice(at)];
}
