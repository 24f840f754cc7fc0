/** Chance that a seed repeats: mulberry32. */
export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  /** from <= n <= to, whole. */
  between(from: number, to: number): number;
  /** True in one case out of `n`. */
  oneIn(n: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    oneIn: (n) => next() * n < 1,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
  };
}

/** The seed that the environment gives, to repeat a failure; else one that wasn't used before. */
export function chosenSeed(): number {
  return Number(process.env.HEADWATER_SEED ?? Math.floor(Math.random() * 2 ** 31));
}
