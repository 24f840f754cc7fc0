/** Stamps as the tables hold them: (t, k), k being the first 48 bits of the hash, an integer that JavaScript holds exactly. */
import type { Stamp } from '#lineage';

export interface Key {
  readonly t: number;
  readonly k: number;
}

export function keyOf(stamp: Stamp): Key {
  return { t: stamp.t, k: prefixOf(stamp.h) };
}

const PLACES = 32;

/**
 * A stamp within its event: of two names of one node that one event speaks of, the later one is the last writer. A place
 * has the five bits that are left of a safe integer; beyond the 32nd all are one.
 */
export function placed({ t, k }: Key, place: number): Key {
  return { t, k: k * PLACES + Math.min(place, PLACES - 1) };
}

/** The first 48 bits of a hash in hex. */
export function prefixOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

export function compareKeys(a: Key, b: Key): number {
  return a.t - b.t || a.k - b.k;
}

const HOUR = 3_600_000;

/** Start of the UTC hour, in hours since the epoch. */
export function hourOf(t: number): number {
  return Math.floor(t / HOUR);
}

export function hourStart(hour: number): number {
  return hour * HOUR;
}
