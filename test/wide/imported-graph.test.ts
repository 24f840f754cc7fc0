/** A graph that is exported and imported after every batch obeys the order law; chance picks the histories. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { arbitraryArrival, THEMES, type ThemeName } from '../model/generators.ts';
import { movingStore } from '../model/moving-store.ts';
import { checkOrderLaw } from '../model/order-law.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('a graph that moves obeys the order law', () => {
  it.each(themes)('%s', { timeout: 120_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 12), ({ events, delivery }) =>
        checkOrderLaw(
          movingStore,
          events,
          delivery.map((step) => ({ ...step, restart: true })),
        ),
      ),
      { numRuns: 5, interruptAfterTimeLimit: 20_000 },
    );
  });
});
