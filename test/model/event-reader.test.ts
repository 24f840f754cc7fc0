import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, EventReader, reduceEvent } from '#lineage';
import { arbitraryArrival, THEMES, type ThemeName } from './generators.ts';

const themes = Object.keys(THEMES) as ThemeName[];

it.each(themes)('a reader reads an event as reduceEvent does, whatever it read before: %s', (theme) => {
  fc.assert(
    fc.property(arbitraryArrival(theme, 30), ({ events }) => {
      const reader = new EventReader();
      const bodies = events.map((event) => canonicalJson(event));
      for (const body of [...bodies, ...bodies]) {
        const id = hash('sha256', body);
        expect(reader.read(body, id)).toEqual(reduceEvent(JSON.parse(body), id));
      }
    }),
    { numRuns: 20 },
  );
});
