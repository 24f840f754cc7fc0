/** The order of the fold, and the keys by which rows are told apart. */
import type { AssetName, Delta, Name, Stamp } from '../../libs/lineage/delta.ts';

export const HOUR = 3_600_000;
export const hourOf = (t: number): number => Math.floor(t / HOUR) * HOUR;

/** UTF-16 code units, as everywhere in an export. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
export const byStamp = (a: Stamp, b: Stamp): number => a.t - b.t || byText(a.h, b.h);
export const byName = (a: Name, b: Name): number => byText(a.namespace, b.namespace) || byText(a.name, b.name);

/** A key that no two different lists of parts share. */
export const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);
export const nameKey = (name: Name): string => keyOf(name.namespace, name.name);
export const assetKey = (asset: AssetName): string => keyOf(asset.kind, asset.namespace, asset.name);
/** One runId under two jobs is two runs. */
export const runKey = (job: Name, runId: string): string => keyOf(job.namespace, job.name, runId);

/** The run that an event belongs to; null: a JobEvent or a DatasetEvent. */
export const runOf = (event: Delta): string | null =>
  event.run === null || event.job === null ? null : runKey(event.job, event.run.runId);

/** Drop repeats, sort by (t, h). From here on "first" and "last" are places in this list. */
export function sortedSet(deltas: readonly Delta[]): Delta[] {
  const byHash = new Map(deltas.map((delta) => [delta.stamp.h, delta]));
  return [...byHash.values()].sort((a, b) => byStamp(a.stamp, b.stamp));
}

export function grouped<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/**
 * Thinning: of statements with equal keys (the key holds the UTC hour) only the first and the last count. The order of
 * the list stays.
 */
export function thinned<T>(items: readonly T[], key: (item: T) => string): T[] {
  const kept = new Set<T>();
  for (const group of grouped(items, key).values()) {
    for (const end of [group.at(0), group.at(-1)]) if (end !== undefined) kept.add(end);
  }
  return items.filter((item) => kept.has(item));
}

export const least = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : Math.min(...numbers);
