/** Several processes on one decision store: whoever decides, it is decided once, and goes out in order. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Neo4jDecisionStore } from '#decisions';
import { laneOf, type ReactCommit } from '#rules';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const T = 1_767_600_000_000;
const neo4j = { uri: NEO4J_URI };

let stores: readonly Neo4jDecisionStore[] = [];
beforeEach(async () => {
  await emptyNeo4j();
  // All at once: whoever comes first makes the schema.
  stores = await Promise.all(Array.from({ length: 4 }, () => Neo4jDecisionStore.open({ neo4j, turnMs: 400 })));
});
afterEach(() => Promise.all(stores.map((store) => store.close())));

const round = (revision: number, name: string): ReactCommit => ({
  revision,
  cursor: { sequence: revision + 1, feed: 0, mark: null },
  decisions: [
    {
      id: name,
      at: T,
      rule: 'late',
      fingerprint: '{}',
      subject: 'dataset:db:a',
      job: null,
      verdict: 'FIRED',
      guard: null,
      text: 'late fired.',
      conditions: [],
      change: {
        sequence: revision + 1,
        kind: 'freshness.failed',
        subject: 'dataset:db:a',
        at: T,
        seen: T,
        text: 'a is late',
        breaking: null,
        corrected: false,
        before: null,
        after: null,
      },
      version: null,
      incident: null,
      actions: [],
      chain: [],
    },
  ],
  deliveries: [
    {
      id: `x-${name}`,
      decision: name,
      rule: 'late',
      subject: 'dataset:db:a',
      to: 'webhook:hook',
      action: { key: name, do: 'webhook', webhook: 'hook' },
      body: '{}',
      at: T,
    },
  ],
  guards: [],
  breaches: new Map(),
  incidents: [],
  booked: new Map(),
});

const EACH = 10;

it('of four that decide at the same time one is kept, and the others are told so; what they ask for goes out in order', async () => {
  let overtaken = 0;
  const kept: string[] = [];
  const deciding = stores.map(async (store, s) => {
    for (let n = 0; n < EACH; ) {
      const { revision } = await store.state();
      if (await store.commit(round(revision, `${s}.${n}`))) {
        kept[revision] = `${s}.${n}`;
        n += 1;
      } else overtaken += 1;
    }
  });
  const sent: string[] = [];
  const lane = laneOf({ to: 'webhook:hook', subject: 'dataset:db:a' });
  const sending = (async () => {
    while (sent.length < stores.length * EACH) {
      const next = await stores[0]?.head(lane);
      if (next == null) continue;
      sent.push(next.decision);
      const done = { at: T + 1, state: 'DELIVERED', status: 200, error: null, nextAttempt: null } as const;
      await stores[0]?.attempted(next.id, done);
    }
  })();
  await Promise.all([...deciding, sending]);
  expect(overtaken).toBeGreaterThan(0);
  expect(kept).toHaveLength(stores.length * EACH);
  expect(sent).toEqual(kept);
  const [store] = stores;
  expect(await store?.state()).toMatchObject({ revision: kept.length, cursor: { sequence: kept.length } });
  expect(await store?.due(T + 1, 10)).toEqual({ deliveries: [], next: null });
});

it('it is one turn, and another process has it when the first goes away', async () => {
  const turns = (): Promise<boolean[]> => Promise.all(stores.map((store) => store.takeTurn()));
  const first = (await turns()).indexOf(true);
  expect((await turns()).filter(Boolean)).toHaveLength(1);
  await stores[first]?.close();
  stores = stores.filter((_, i) => i !== first);
  await expect.poll(turns).toContain(true);
});
