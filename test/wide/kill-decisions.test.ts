/**
 * Each change is decided once, and what is decided is delivered. The real process with rules takes failed runs and is killed,
 * over and over, while it decides and while it sends; in the end there is one decision for each run, and the receiver has seen
 * each delivery.
 *
 * ```
 *   events    ──▓▓▓▓▓▓▓▓✗        ──▓▓▓▓▓▓▓▓▓✗
 *   hub       decides, sends ✗   goes on where it was, sends again what it isn't sure of ✗    …
 *   receiver  d1 d2 d3           d3 d4 d5                     repeats by key; of one job in order
 * ```
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { SqliteDecisionStore } from '#decisions';
import type { Decision } from '#rules';
import { runEvent } from '../e2e/events.ts';
import { type ReceivedHook, SECRET, startReceiver } from '../e2e/receiver.ts';
import { spawnHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { chosenSeed, randomFrom } from './random.ts';

const CHANGES = Number(process.env.HEADWATER_CHANGES ?? 10_000);
const KILLS = Number(process.env.HEADWATER_KILLS ?? 40);
/** So many that the brake of a rule (60 fires an hour) holds none of them. */
const RULES = 200;
/** Each fails several times: what is sent about one job has an order. */
const JOBS = 2_000;
const BATCH = 50;
const JSON_TYPE = { 'content-type': 'application/json' };

const runIdOf = (n: number): string => `019b76da-a800-7000-8000-${String(n).padStart(12, '0')}`;
const jobOf = (n: number): string => `r${n % RULES}.job_${n % JOBS}`;

const failure = (n: number): object =>
  runEvent(
    jobOf(n),
    {},
    {
      eventType: 'FAIL',
      eventTime: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
      run: { runId: runIdOf(n) },
    },
  );

const rulesFor = (url: string): string => `webhooks: { people: { url: "${url}", secret: "\${env:HOOK_SECRET}" } }
rules:
${Array.from({ length: RULES }, (_, i) => `  - { name: rule-${i}, on: run.failed, where: 'job.name.startsWith("r${i}.")', then: [ { webhook: people } ] }\n`).join('')}`;

it(`${CHANGES} failed runs are decided once each, and delivered, over ${KILLS} kills`, async () => {
  const seed = chosenSeed();
  console.info(`decisions: HEADWATER_SEED=${seed}`);
  const random = randomFrom(seed);
  const receiver = await startReceiver();
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'all.yml'), rulesFor(receiver.url));
  const data = temporaryFolder();
  const env = { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', HOOK_SECRET: SECRET };
  const waiting = Array.from({ length: CHANGES }, (_, n) => n);
  // A batch that was broken off goes again, as clients do it.
  const send = async (hub: TestHub, most: number): Promise<void> => {
    for (let sent = 0; sent < most && waiting.length > 0; sent += BATCH) {
      await resume(hub);
      const body = JSON.stringify(waiting.slice(0, BATCH).map(failure));
      const { status } = await hub.ask({ method: 'POST', path: '/api/v1/lineage/batch', body, headers: JSON_TYPE });
      if (status !== 204) throw new Error(`not taken: ${status}`);
      waiting.splice(0, BATCH);
    }
  };

  for (let kill = 0; kill < KILLS; kill++) {
    if (random.oneIn(6)) {
      const child = spawnHeadwater(['serve', '--json', '--port', '0', '--data', data], env);
      setTimeout(() => child.kill('SIGKILL'), random.between(300, 2_500));
      await new Promise((resolve) => child.on('close', resolve));
      continue;
    }
    const hub = await startTestHub({ data, env });
    const timer = setTimeout(() => hub.signal('SIGKILL'), random.between(20, 1_500));
    const share = Math.ceil(CHANGES / KILLS / BATCH) * BATCH;
    await send(hub, share).catch(() => undefined); // killed meanwhile
    await hub.ended;
    clearTimeout(timer);
  }

  const hub = await startTestHub({ data, env });
  await send(hub, CHANGES);
  const kept = await SqliteDecisionStore.open(data);
  await vi.waitFor(async () => {
    const decided = await allDecisions(kept);
    expect(decided.length).toBeGreaterThanOrEqual(CHANGES);
    expect(await kept.due(Date.now(), 1)).toEqual({ deliveries: [], next: null });
  }, WITHIN);
  const decided = await allDecisions(kept);
  const deliveries = await kept.deliveries(decided.map(({ id }) => id));
  await kept.close();
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
  receiver.close();

  const when = `HEADWATER_SEED=${seed}`;
  const runs = decided.map(({ change }) => change.subject);
  expect(new Set(runs).size, `${when}: decided twice`).toBe(runs.length);
  expect(runs.toSorted(), `${when}: not decided`).toEqual(
    Array.from({ length: CHANGES }, (_, n) => `run:${runIdOf(n)}`),
  );
  const fired = decided.filter(({ verdict }) => verdict === 'FIRED');
  expect(fired.length, `${when}: fired`).toBeGreaterThan(CHANGES / 2);
  const wanted = [...deliveries.values()].flat();
  expect(idsOf(wanted.map(({ decision }) => decision))).toEqual(idsOf(fired.map(({ id }) => id)));
  expect(wanted.filter(({ state }) => state !== 'DELIVERED')).toEqual([]);
  const seen = [...new Set(receiver.received.map(({ id }) => id))];
  expect(idsOf(seen), `${when}: keys that the receiver has seen`).toEqual(idsOf(wanted.map(({ id }) => id)));
  expect(receiver.refused).toEqual([]);
  expect(outOfOrder(receiver.received), `${when}: jobs whose webhooks came out of order`).toEqual([]);
  console.info(
    `decisions: ${decided.length}, ${fired.length} fired, ${receiver.received.length - seen.length} sent again`,
  );
});

const WITHIN = { timeout: 240_000, interval: 1_000 };

/** Nobody may have 600 alarms an hour without saying that it is all right; the test is not about that brake. */
async function resume(hub: TestHub): Promise<void> {
  const body = JSON.stringify({ query: 'mutation { resumeRules { name } }' });
  const { json } = await hub.ask({ method: 'POST', path: '/graphql', body, headers: JSON_TYPE });
  expect(json).not.toHaveProperty('errors');
}

const idsOf = (ids: readonly string[]): readonly string[] => ids.toSorted();

async function allDecisions(store: SqliteDecisionStore): Promise<readonly Decision[]> {
  const none = { rules: null, subjects: null, verdicts: null, since: null, until: null };
  return (await store.decisions({ ...none, first: 10 * CHANGES, after: null })).items;
}

/** Of each job the changes have to be told in the order of the feed; repeats don't count. */
function outOfOrder(received: readonly ReceivedHook[]): readonly string[] {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const wrong = new Set<string>();
  for (const { id, data } of received) {
    if (seen.has(id)) continue;
    seen.add(id);
    const { sequence } = data['change'] as { readonly sequence: number };
    if (sequence <= (last.get(data.subject) ?? 0)) wrong.add(data.subject);
    last.set(data.subject, sequence);
  }
  return [...wrong];
}
