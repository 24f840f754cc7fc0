import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeclaredExpectations, type DeclaredRuns, type GraphStore, takesExpectations } from '#lineage';
import type { JsonEvent } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';
import type { MakeGraphStore } from './graph-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EIGHT = Date.UTC(2026, 0, 5, 8);
const NOTHING: DeclaredRuns = { cron: null, timezone: 'UTC', grace: null, within: null };

/** What a store that takes expectations of rules keeps to. */
export function declaredExpectationsContract(name: string, make: MakeGraphStore): void {
  describe(`declared expectations contract: ${name}`, () => {
    let made: Awaited<ReturnType<MakeGraphStore>>;
    let now = EIGHT;
    let position = 0;

    beforeEach(async () => {
      now = EIGHT;
      position = 0;
      made = await make(() => now);
    });
    afterEach(() => made.remove());

    function able(store: GraphStore): GraphStore & DeclaredExpectations {
      if (!takesExpectations(store)) throw new Error('the store has none of this ability');
      return store;
    }
    const expectRuns = (declared: Partial<DeclaredRuns>, job = 'job:etl:load'): Promise<void> =>
      able(made.store).expectRuns(new Map([[job, { ...NOTHING, ...declared }]]));
    const apply = (...events: readonly JsonEvent[]) =>
      made.store.apply(events.map((event) => ({ ...logged(event, ++position), receivedAt: now })));
    const told = async (time: number): Promise<string[]> => {
      now = time;
      return (await made.store.tick(time)).map(({ kind, at }) => `${kind} ${new Date(at).toISOString().slice(11, 16)}`);
    };
    const run = (eventType: string, id: string, at: number): JsonEvent => ({
      eventType,
      eventTime: new Date(at).toISOString(),
      producer: 'p',
      run: { runId: id },
      job: { namespace: 'etl', name: 'load' },
    });

    it('a run that takes longer than declared is slow, and stuck after twice the time, without any history', async () => {
      await expectRuns({ within: 30 * MINUTE });
      await apply(run('START', 'r1', EIGHT));
      expect(await told(EIGHT + 29 * MINUTE)).toEqual([]);
      expect(await told(EIGHT + 30 * MINUTE)).toEqual(['run.slow 08:30']);
      const reopened = await made.reopen();
      expect((await reopened.tick(EIGHT + HOUR)).map(({ kind }) => kind)).toEqual(['run.stuck']);
    });

    it('a run that does not begin by the cron and its grace is missing, once, until one begins', async () => {
      await apply(run('COMPLETE', 'r1', EIGHT));
      await expectRuns({ cron: '0 * * * *', grace: 5 * MINUTE });
      expect(await told(EIGHT + 64 * MINUTE)).toEqual([]);
      expect(await told(EIGHT + 66 * MINUTE)).toEqual(['run.missing 09:05']);
      expect(await told(EIGHT + 3 * HOUR)).toEqual([]);
      now = EIGHT + 3 * HOUR + MINUTE;
      await apply(run('COMPLETE', 'r2', now));
      expect(await told(EIGHT + 4 * HOUR)).toEqual([]);
      expect(await told(EIGHT + 5 * HOUR)).toEqual(['run.missing 12:05']);
    });

    it('what is declared no longer is expected no longer', async () => {
      await apply(run('COMPLETE', 'r1', EIGHT));
      await expectRuns({ cron: '0 * * * *' });
      await able(made.store).expectRuns(new Map());
      expect(await told(EIGHT + 9 * HOUR)).toEqual([]);
    });
  });
}
