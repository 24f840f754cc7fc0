/** The order law on what real programs sent, in Neo4j: shuffled, repeated, each batch at another of four workers, with restarts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordings as allRecordings } from '../corpus/recordings.ts';
import { arbitraryDelivery } from '../model/generators.ts';
import { Team } from './team.ts';

const recordings = allRecordings();

it('recordings are there', () => {
  expect(recordings.length).toBeGreaterThan(20);
});

it.each(recordings)('$name', { timeout: 300_000 }, async ({ events }) => {
  await fc.assert(
    fc.asyncProperty(arbitraryDelivery(events), async (delivery) => {
      const team = await Team.meet();
      try {
        await team.obeysOrderLaw(events, delivery);
      } finally {
        await team.end();
      }
    }),
    { numRuns: 1, endOnFailure: true },
  );
});
