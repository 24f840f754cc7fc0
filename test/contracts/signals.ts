import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Signal, Signals } from '#lineage';

export interface SignalsUnderTest {
  /** Of one process. */
  open(): Promise<Signals>;
  /** Something else speaks on the same channel. */
  disturb(): Promise<void>;
}

const WAIT = { timeout: 10_000, interval: 5 };

/** What processes can rely on when they tell each other something. */
export function signalsContract(name: string, make: () => Promise<SignalsUnderTest>): void {
  describe(`signals contract: ${name}`, () => {
    let made: SignalsUnderTest;
    let [one, two, three]: Signals[] = [];
    let heard: [number, Signal['kind'], number][];

    beforeEach(async () => {
      made = await make();
      [one, two, three] = [await made.open(), await made.open(), await made.open()];
      heard = [];
      [one, two, three].forEach((signals, i) => {
        signals?.onSignal(({ kind, position }) => heard.push([i + 1, kind, position]));
      });
    });
    afterEach(async () => {
      for (const signals of [one, two, three]) await signals?.close();
    });

    it('reach all others and not who told them', async () => {
      one?.tell({ kind: 'appended', position: 7 });
      await expect
        .poll(() => [...heard].sort(), WAIT)
        .toEqual([
          [2, 'appended', 7],
          [3, 'appended', 7],
        ]);
    });

    it('end with the latest of each kind, however many are told', async () => {
      for (let position = 1; position <= 1000; position++) {
        two?.tell({ kind: 'appended', position });
        if (position % 3 === 0) two?.tell({ kind: 'applied', position });
        if (position % 7 === 0) two?.tell({ kind: 'decided', position });
      }
      const last = (kind: Signal['kind']) => heard.filter(([to, of]) => to === 1 && of === kind).at(-1)?.[2];
      const told = (): unknown => [last('appended'), last('applied'), last('decided')];
      await expect.poll(told, WAIT).toEqual([1000, 999, 994]);
    });

    it('reach nobody who left, and pass over what is none', async () => {
      await three?.close();
      await made.disturb();
      one?.tell({ kind: 'applied', position: 1 });
      await expect.poll(() => heard, WAIT).toEqual([[2, 'applied', 1]]);
    });
  });
}
