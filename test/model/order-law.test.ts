/** The order law on generated histories; `test/wide` runs the same with more and longer ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arbitraryArrival,
  arbitraryDelivery,
  arbitraryHistory,
  deliveryOf,
  THEMES,
  type ThemeName,
} from './generators.ts';
import { graphFileStore } from './graph-file-store.ts';
import { checkOrderLaw, deltasOf, differenceOf, type LawfulStore, logged } from './order-law.ts';
import { referenceExport } from './reference-fold.ts';

// A seed of its own, so that what breaks here breaks again; chance has its turn in test/wide.
const SEED = 20_260_101;
const themes = Object.keys(THEMES) as ThemeName[];

describe('the embedded graph obeys the order law', () => {
  it.each(themes)('%s', { timeout: 60_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 14), ({ events, delivery }) =>
        checkOrderLaw(graphFileStore, events, delivery),
      ),
      // Shrinking ends in time for the failure to be told.
      { seed: SEED, numRuns: 5, interruptAfterTimeLimit: 40_000 },
    );
  });
});

describe('the reference obeys it by construction', () => {
  it('any order, any repeats: the same bytes', () => {
    fc.assert(
      fc.property(
        arbitraryHistory('everything').chain((events) =>
          arbitraryDelivery(events).map((delivery) => [deltasOf(events), delivery] as const),
        ),
        ([deltas, delivery]) => {
          const arrived = delivery.flatMap(({ events }) => events.flatMap((index) => deltas[index] ?? []));
          expect(referenceExport(arrived)).toEqual(referenceExport(deltas));
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('the check itself', () => {
  const event = (at: string, reads: string) => ({
    eventTime: `2026-01-01T00:0${at}:00Z`,
    eventType: 'COMPLETE',
    producer: 'p',
    run: { runId: at },
    job: { namespace: 'etl', name: 'j' },
    inputs: [{ namespace: 'db', name: reads }],
  });
  const events = [event('0', 'a'), event('1', 'b')];

  /** A store that keeps what it is given, and exports what `cheat` makes of the reference. */
  function storeThat(cheat: (lines: string[], bodies: string[]) => string[]) {
    const bodies: string[] = [];
    const store: LawfulStore = {
      apply: async (batch) => {
        bodies.push(...batch.map(({ body }) => body));
        return { changes: [], faults: [], applied: 0 };
      },
      export: async function* () {
        yield* cheat(referenceExport(deltasOf(bodies.map((body) => JSON.parse(body)))), bodies);
      },
      close: async () => {},
    };
    return async () => ({ store, reopen: async () => store });
  }
  const delivery = [
    { events: [1], restart: false },
    { events: [0, 1], restart: true },
  ];

  it('passes an honest store', async () => {
    await checkOrderLaw(
      storeThat((lines) => lines),
      events,
      delivery,
    );
  });

  it('shows the lines that are missing, and those that are there instead', async () => {
    const late = storeThat((lines) =>
      lines.map((line) => line.replace('"to":"2026-01-01T00:01:00.000Z"', '"to":null')),
    );
    await expect(checkOrderLaw(late, events, delivery)).rejects.toThrow(
      /^after batch 2 of 2 the export differs from the reference:\n- .*"to":"2026.*\n\+ .*"to":null/,
    );
    const forgetful = storeThat((lines) => lines.slice(1));
    await expect(checkOrderLaw(forgetful, events, delivery)).rejects.toThrow(/after batch 1 of 2 .*\n- .*$/s);
  });

  it('looks after restarts and after a batch that comes again', async () => {
    let exports = 0;
    const forgetsAtRestart = storeThat((lines) => (++exports > 2 ? [] : lines));
    await expect(checkOrderLaw(forgetsAtRestart, events, delivery)).rejects.toThrow(/after batch 2 of 2 and a restart/);
    const countsTwice = storeThat((lines, bodies) => (bodies.length > 3 ? [] : lines));
    await expect(checkOrderLaw(countsTwice, events, delivery)).rejects.toThrow(/a restart and the batch again/);
  });

  it('sees order, repeated lines and faults', async () => {
    expect(
      differenceOf(
        ['{"kind":"a","id":"1"}', '{"kind":"a","id":"2"}'],
        ['{"kind":"a","id":"2"}', '{"kind":"a","id":"1"}'],
      ),
    ).toMatch(/another order/);
    expect(differenceOf(['{"kind":"a","id":"1"}'], ['{"kind":"a","id":"1"}', '{"kind":"a","id":"1"}'])).toMatch(/^\+ /);
    expect(differenceOf(['{"kind":"a","id":"1"}'], ['{"kind":"a","id":"1"}'])).toBeNull();
    const { store } = await storeThat((lines) => lines)();
    const faulty = async () => ({
      store: {
        ...store,
        apply: async () => ({ changes: [], faults: [{ position: 1, hash: 'h', reason: 'no' }], applied: 0 }),
      },
      reopen: async () => store,
    });
    await expect(checkOrderLaw(faulty, events, delivery)).rejects.toThrow(/1 faults, the first: no/);
  });

  it('every event is delivered, whatever the steps', () => {
    fc.assert(
      fc.property(arbitraryArrival('runs'), ({ events: history, delivery: arrival }) => {
        expect(new Set(arrival.flatMap((batch) => batch.events)).size).toBe(history.length);
      }),
      { seed: SEED },
    );
    expect(deliveryOf(2, [{ pick: 3, endsBatch: true, restart: true }])).toEqual([
      { events: [1], restart: true },
      { events: [0], restart: false },
    ]);
  });

  it('events are redacted before they are hashed', () => {
    const secret = { ...event('0', 'a'), producer: 'https://me:secret@example.com' };
    expect(logged(secret, 1).body).not.toContain('secret');
  });
});
