/**
 * Four workers decide and deliver while failed runs pour in, and the one whose turn it is to decide is killed, over and over:
 * in the end there is one decision for each run, and the receiver has seen each delivery.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Neo4jDecisionStore } from '#decisions';
import { Neo4jDatabase } from '#graph';
import { checkOutcome, outcomeOf, rulesFor, sendFailures } from '../e2e/failed-runs.ts';
import { type Receiver, SECRET, startReceiver } from '../e2e/receiver.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

const CHANGES = Number(process.env.HEADWATER_CHANGES ?? 400);
const KILLS = Number(process.env.HEADWATER_KILLS ?? 2);
const BATCH = 50;
/** A worker that starts applies and decides what was accepted: on a busy machine that must not grow without end. */
const MOST_WAITING = 500;
/** Of a worker that was killed. */
const STARTS = 5;
const WITHIN = { timeout: 240_000 + 60 * CHANGES, interval: 1_000 };
const DECIDES = 'this worker decides';
const ANOTHER = 'another worker decides';

let graph: Neo4jDatabase;
let receiver: Receiver;
let env: Record<string, string>;
let api: TestHub;
let workers: TestHub[] = [];

const worker = (data: string): Promise<TestHub> =>
  startTestHub({ data, env: { ...env, HEADWATER_ROLE: 'worker', HEADWATER_LOG_LEVEL: 'info' } });

/** As whoever looks after processes does: one that does not come up, because the servers are too busy to answer it, is started again. */
async function workerAgain(data: string): Promise<TestHub> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await worker(data);
    } catch (error) {
      if (attempt === STARTS) throw error;
    }
  }
}

beforeAll(async () => {
  await emptyNeo4j();
  receiver = await startReceiver();
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'all.yml'), rulesFor(receiver.url));
  env = {
    NEO4J_URI,
    REDIS_URL: await ownRedisServer('start', '--fresh'),
    HEADWATER_RULES: rules,
    HEADWATER_OUTGOING_ALLOW: '127.0.0.1',
    HOOK_SECRET: SECRET,
  };
  graph = await Neo4jDatabase.connect({ uri: NEO4J_URI });
  workers = await Promise.all(Array.from({ length: 4 }, () => worker(temporaryFolder())));
  api = await startTestHub({ env: { ...env, HEADWATER_ROLE: 'api' } });
}, 120_000);
afterAll(async () => {
  await Promise.all([api, ...workers].map((hub) => hub?.stop()));
  await graph?.close();
  receiver.close();
  await ownRedisServer('stop');
}, 180_000);

/** Of so many that were sent: the brake of all rules is released with each batch, which helps those that are decided soon. */
async function undecided(sent: number): Promise<number> {
  const [row] = await graph.run('MATCH (d:Decision) RETURN count(d) AS decided');
  return sent - Number(row?.['decided']);
}

/** By its own log: whose turn it was last. */
const deciding = (): number =>
  workers.findIndex((hub) => hub.log().lastIndexOf(DECIDES) > hub.log().lastIndexOf(ANOTHER));

it(`${CHANGES} failed runs are decided once each, and delivered, over ${KILLS} kills of who decides`, {
  timeout: 600_000 + 180 * CHANGES,
}, async () => {
  const waiting = Array.from({ length: CHANGES }, (_, n) => n);
  const every = Math.ceil(CHANGES / BATCH / KILLS);
  let killed = 0;
  for (let batch = 1; waiting.length > 0; batch++) {
    const sent = CHANGES - waiting.length;
    await vi.waitFor(async () => expect(await undecided(sent)).toBeLessThan(MOST_WAITING), WITHIN);
    await sendFailures(api, waiting.splice(0, BATCH));
    if (batch % every !== 0) continue;
    await vi.waitFor(() => expect(deciding()).toBeGreaterThanOrEqual(0), WITHIN);
    const victim = workers[deciding()];
    if (victim === undefined) continue;
    victim.signal('SIGKILL');
    await victim.ended;
    killed += 1;
    workers[workers.indexOf(victim)] = await workerAgain(victim.data);
  }
  expect(killed).toBeGreaterThanOrEqual(KILLS);

  const kept = await Neo4jDecisionStore.open({ neo4j: { uri: NEO4J_URI } });
  await vi.waitFor(async () => {
    expect((await outcomeOf(kept, 10 * CHANGES)).decided.length).toBeGreaterThanOrEqual(CHANGES);
    expect(await kept.due(Date.now(), 1)).toEqual({ deliveries: [], next: null });
  }, WITHIN);
  const outcome = await outcomeOf(kept, 10 * CHANGES);
  await kept.close();
  const { fired, again } = checkOutcome(outcome, CHANGES, receiver, `${killed} kills`);
  console.info(`decisions: ${CHANGES}, ${fired} fired, ${again} sent again, ${killed} kills`);
});
