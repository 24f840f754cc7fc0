/** Sets of instants as sorted, separate [from, to) intervals; FOREVER stands for no end. */
import { FOREVER, type Interval, type Span } from '#lineage';

export function union(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  const result: Span[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) result.push(span);
    else if (span.to > last.to) result[result.length - 1] = { from: last.from, to: span.to };
  }
  return result;
}

export function minus(spans: readonly Span[], cuts: readonly Span[]): Span[] {
  let result = [...spans];
  for (const cut of cuts) {
    result = result.flatMap((span) => {
      if (cut.to <= span.from || cut.from >= span.to) return [span];
      const pieces: Span[] = [];
      if (cut.from > span.from) pieces.push({ from: span.from, to: cut.from });
      if (cut.to < span.to) pieces.push({ from: cut.to, to: span.to });
      return pieces;
    });
  }
  return result;
}

export function holdsAt(spans: readonly Span[], t: number): boolean {
  return spans.some((span) => span.from <= t && t < span.to);
}

export function isOpen(spans: readonly Span[]): boolean {
  return spans.some((span) => span.to === FOREVER);
}

export function intervalsOf(spans: readonly Span[]): Interval[] {
  return spans.map(({ from, to }) => ({ from, to: to === FOREVER ? null : to }));
}
