/** The known word that a misspelt one most likely meant. */

/** Further away than this a guess misleads. */
const MOST_EDITS = 3;

/**
 * The known word nearest to `word`, letters of either case alike; null where none is near.
 * `colour` finds `color`; `x` doesn't find `on`.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.min(MOST_EDITS, Math.ceil(word.length / 2)) + 1;
  for (const candidate of known) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** `; did you mean "x"?`, or what there is to choose from. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== null) return `; did you mean "${near}"?`;
  return known.length === 0 ? '' : `; known: ${known.join(', ')}`;
}

/** Levenshtein's distance, a row at a time. */
function edits(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_EDITS) return MOST_EDITS + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
