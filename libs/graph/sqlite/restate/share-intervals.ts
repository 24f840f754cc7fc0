/** Which of an edge's intervals each of its sources may have claimed: the lines have them together. */
import { FOREVER, type Span } from '#lineage';

/** When one source said the edge first and last, ms. */
export interface Teller {
  readonly first: number;
  readonly last: number;
}

/**
 * A source claimed an interval if it spoke within it, from its first word on; who spoke first of these made it begin. Nobody can
 * tell who of them let go, so each holds it to its end: an edge lives while one claim does.
 *
 * ```
 * edge   ████████████████│      ██████▶        a  ████████████████│
 * a      first······last                       b            ██████│      ██████▶
 * b                first·············last
 * ```
 * @returns for each source its intervals; their union is `intervals`
 */
export function shareIntervals(intervals: readonly Span[], tellers: readonly Teller[]): Span[][] {
  const shares: Span[][] = tellers.map(() => []);
  for (const { from, to } of intervals) {
    const within = tellers.flatMap(({ first, last }, i) => (first < to && last >= from ? [i] : []));
    // One that begins where a death or another name ended had no word of its own.
    const before = tellers.flatMap(({ first }, i) => (first < to ? [i] : []));
    const claimed = within.length > 0 ? within : before.length > 0 ? before : tellers.map((_, i) => i);
    const began = Math.min(...claimed.map((i) => tellers[i]?.first ?? from));
    for (const i of claimed) {
      const first = tellers[i]?.first ?? from;
      shares[i]?.push({ from: first === began ? from : Math.max(from, first), to });
    }
  }
  return shares;
}

/**
 * What deaths cut out of intervals put back: it is cut again when read. An interval that a death ended goes on as long as
 * the dataset is dead, and beyond it where the next one begins then.
 */
export function withoutCuts(intervals: readonly Span[], dead: readonly Span[]): Span[] {
  const whole: Span[] = [];
  let open: Span | null = null;
  for (const span of intervals) {
    const cut: Span | undefined = open === null ? undefined : deathAt(dead, open.to);
    if (open !== null && cut?.to === span.from) open = { from: open.from, to: span.to };
    else {
      if (open !== null) whole.push(open);
      open = span;
    }
  }
  if (open === null) return whole;
  const last: Span = open;
  return [...whole, deathAt(dead, last.to)?.to === FOREVER ? { from: last.from, to: FOREVER } : last];
}

const deathAt = (dead: readonly Span[], t: number): Span | undefined => dead.find(({ from }) => from === t);
