/** The order law at length: chance picks the histories. A failure prints its seed and path; give them to `fc.assert`. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { arbitraryArrival, THEMES, type ThemeName } from '../model/generators.ts';
import { graphFileStore } from '../model/graph-file-store.ts';
import { checkOrderLaw } from '../model/order-law.ts';

const RUNS = Number(process.env.HEADWATER_LAW_RUNS ?? 300);
const themes = Object.keys(THEMES) as ThemeName[];

describe('the embedded graph obeys the order law', () => {
  it.each(themes)('%s', { timeout: 1_800_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 30), ({ events, delivery }) =>
        checkOrderLaw(graphFileStore, events, delivery),
      ),
      { numRuns: RUNS, interruptAfterTimeLimit: 120_000 },
    );
  });
});
