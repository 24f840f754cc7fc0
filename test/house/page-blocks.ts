/** What a page of the docs shows as code. */
export interface PageBlock {
  /** What its fence says: `yaml rules`. */
  readonly info: string;
  readonly line: number;
  readonly text: string;
}

/** Those whose fence says what they are. */
export function blocksOf(page: string): PageBlock[] {
  const found: PageBlock[] = [];
  for (const match of page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)) {
    const line = page.slice(0, match.index).split('\n').length;
    found.push({ info: match[1] ?? '', line, text: match[2] ?? '' });
  }
  return found;
}
