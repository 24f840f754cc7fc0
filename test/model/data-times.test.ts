/** Data times kept up to date, one event after the other in any order, against the recursion that knows no order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../libs/lineage/canonical-json.ts';
import type { Delta } from '../../libs/lineage/delta.ts';
import type { Contribution } from '../../libs/lineage/freshness/data-time.ts';
import { DataTimePropagation, seenAt } from '../../libs/lineage/freshness/data-time-propagation.ts';
import { MemoryDataTimeRows } from '../../libs/lineage/freshness/memory-data-time-rows.ts';
import { whyDataTime } from '../../libs/lineage/freshness/why-data-time.ts';
import { foldContributions, reachedBy } from './fold-data-times.ts';
import { arbitraryArrival, type ThemeName } from './generators.ts';
import { deltasOf } from './order-law.ts';

const SEED = 20_260_101;

/** What a store does: it hands on what the events so far contribute otherwise than before. */
class Kept {
  readonly rows = new MemoryDataTimeRows();
  readonly propagation = new DataTimePropagation(this.rows);
  #held = new Map<string, Contribution>();

  hold(now: Map<string, Contribution>): ReadonlySet<string> {
    for (const key of this.#held.keys()) if (!now.has(key)) this.propagation.remove(key);
    for (const [key, contribution] of now) {
      const held = this.#held.get(key);
      if (held === undefined || canonicalJson(held) !== canonicalJson(contribution)) this.propagation.put(contribution);
    }
    this.#held = now;
    return this.propagation.settle();
  }
}

const datasetsOf = (all: readonly Contribution[]): string[] => [
  ...new Set(all.flatMap((one) => [one.dataset, ...(one.kind === 'write' ? one.inputs : [])])),
];

/** Every instant at which something may differ, and the end of time. */
const instantsOf = (all: readonly Contribution[]): number[] => [
  ...new Set([...all.flatMap((one) => (one.kind === 'write' ? [one.at, one.start] : [one.at])), 4e15]),
];

function expectReference({ rows }: Kept, contributions: ReadonlyMap<string, Contribution>): void {
  const all = [...contributions.values()];
  for (const dataset of datasetsOf(all)) {
    for (const t of instantsOf(all)) {
      for (const after of [false, true]) {
        const { at, upTo } = reachedBy(all, dataset, t, after);
        const shown = seenAt(rows, dataset, 2 * t + (after ? 1 : 0));
        expect({ dataset, t, after, at: shown.at, upTo: shown.at ?? ('upTo' in shown ? shown.upTo : null) }).toEqual({
          dataset,
          t,
          after,
          at,
          upTo,
        });
      }
    }
  }
}

describe('data times kept up to date', () => {
  it.each(['data-times', 'runs', 'continuous', 'everything'] satisfies ThemeName[])(
    'are those of the reference after every batch: %s',
    { timeout: 60_000 },
    (theme) => {
      fc.assert(
        fc.property(arbitraryArrival(theme, 14), ({ events, delivery }) => {
          const deltas = deltasOf(events);
          const kept = new Kept();
          const arrived: Delta[] = [];
          for (const batch of delivery) {
            arrived.push(...batch.events.flatMap((index) => deltas[index] ?? []));
            const contributions = foldContributions(arrived);
            kept.hold(contributions);
            expectReference(kept, contributions);
          }
        }),
        { seed: SEED, numRuns: theme === 'data-times' ? 150 : 40, interruptAfterTimeLimit: 40_000 },
      );
    },
  );

  it('have one path, whatever the order in which they came', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(arbitraryArrival('data-times', 20), ({ events, delivery }) => {
        const deltas = deltasOf(events);
        const [shuffled, atOnce] = [new Kept(), new Kept()];
        const arrived: Delta[] = [];
        for (const batch of delivery) {
          arrived.push(...batch.events.flatMap((index) => deltas[index] ?? []));
          shuffled.hold(foldContributions(arrived));
        }
        const contributions = foldContributions(deltas);
        atOnce.hold(contributions);
        for (const dataset of datasetsOf([...contributions.values()])) {
          const name = (of: string): string => of;
          const answer = whyDataTime(shuffled.rows, dataset, name);
          expect(answer).toEqual(whyDataTime(atOnce.rows, dataset, name));
          expect(answer.path[0]?.dataset).toBe(dataset);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

const NAMES = ['a', 'b', 'c', 'd'];
const small = fc.nat(6);

/** Few names, few instants: chains, circles and ties are the rule. */
const arbitraryContribution: fc.Arbitrary<Contribution> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        key: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
        dataset: fc.constantFrom(...NAMES),
        start: small,
        lasts: fc.constantFrom(0, 0, 1, 2),
        cap: fc.constantFrom(null, null, null, 0, 1, 2, 3, 4),
        watermark: fc.constantFrom(null, null, null, null, null, 1, 4, 8),
        reads: fc.subarray(NAMES),
      })
      .map(
        ({ key, dataset, start, lasts, cap, watermark, reads }): Contribution => ({
          kind: 'write',
          key,
          dataset,
          job: 'j',
          start,
          at: start + lasts,
          cap,
          watermark,
          inputs: reads.filter((input) => input !== dataset),
          readsItself: reads.includes(dataset),
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        key: fc.constantFrom('6', '7', '8', '9', '10', '11'),
        dataset: fc.constantFrom(...NAMES),
        job: fc.constantFrom(null, 'stream'),
        at: small,
        reach: fc.constantFrom(null, 0, 1, 2, 3, 4, 5, 6),
      })
      .map(({ reach, job, ...told }): Contribution => {
        const known = job === null ? (reach ?? 2) : reach;
        return { kind: 'told', ...told, job, reach: known, bound: known ?? told.at, because: 'so it was said' };
      }),
  },
);

describe('contributions that come, change and go', () => {
  it('leave what the reference says of those that are left', { timeout: 60_000 }, () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: arbitraryContribution },
      { weight: 1, arbitrary: fc.constantFrom('1', '2', '5', '6', '7', '9') },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20, size: 'max' }), (steps) => {
        const kept = new Kept();
        const now = new Map<string, Contribution>();
        for (const one of steps) {
          if (typeof one === 'string') now.delete(one);
          else now.set(one.key, one);
          kept.hold(new Map(now));
        }
        expectReference(kept, now);
      }),
      { seed: SEED, numRuns: 1500, interruptAfterTimeLimit: 40_000 },
    );
  });
});

describe('the cost of a change', () => {
  const MINUTE = 60_000;
  const write = (key: string, dataset: string, input: string, start: number): Contribution => ({
    kind: 'write',
    key,
    dataset,
    job: 'j',
    start,
    at: start + MINUTE,
    cap: null,
    watermark: null,
    inputs: [input],
    readsItself: false,
  });
  const told = (key: string, dataset: string, at: number, reach: number): Contribution => ({
    kind: 'told',
    key,
    dataset,
    job: null,
    at,
    reach,
    bound: reach,
    because: 'its watermark',
  });

  it.each([10, 1000])(
    'after %i runs: the last event works out one run, a late one those that began in its stretch',
    (runs) => {
      const rows = new MemoryDataTimeRows();
      const propagation = new DataTimePropagation(rows);
      for (let n = 0; n < runs; n++) {
        propagation.put(told(`raw ${n}`, 'raw', n * 60 * MINUTE, n * 60 * MINUTE));
        propagation.put(write(`stg ${n}`, 'stg', 'raw', n * 60 * MINUTE + 10 * MINUTE));
        propagation.put(write(`mart ${n}`, 'mart', 'stg', n * 60 * MINUTE + 20 * MINUTE));
      }
      propagation.settle();
      propagation.worked = 0;
      propagation.put(write('mart last', 'mart', 'stg', runs * 60 * MINUTE));
      expect([...propagation.settle()]).toEqual([]); // stg reaches as far as it did
      expect(propagation.worked).toBe(1);
      // Late: raw had come further at the beginning than was known. Two runs of that hour, and no other.
      propagation.worked = 0;
      propagation.put(told('late', 'raw', 5 * MINUTE, 2 * MINUTE));
      expect([...propagation.settle()]).toEqual([]);
      expect(propagation.worked).toBe(2);
    },
  );
});
