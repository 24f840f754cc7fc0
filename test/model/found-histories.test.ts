/** Histories that once broke the order law, as chance found and shrank them. New ones are added, none is taken away. */
import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { graphFileStore } from './graph-file-store.ts';
import { checkOrderLaw } from './order-law.ts';

interface FoundHistory {
  readonly name: string;
  readonly events: Parameters<typeof checkOrderLaw>[1];
  readonly delivery: Parameters<typeof checkOrderLaw>[2];
}

const found = JSON.parse(readFileSync(new URL('./found-histories.json', import.meta.url), 'utf8')) as FoundHistory[];

describe('histories that broke the order law once', () => {
  it.each(found)('$name', ({ events, delivery }) => checkOrderLaw(graphFileStore, events, delivery));
});
