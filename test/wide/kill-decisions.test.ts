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
import { checkOutcome, outcomeOf, rulesFor, sendFailures } from '../e2e/failed-runs.ts';
import { SECRET, startReceiver } from '../e2e/receiver.ts';
import { spawnHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { chosenSeed, randomFrom } from './random.ts';

const CHANGES = Number(process.env.HEADWATER_CHANGES ?? 10_000);
const KILLS = Number(process.env.HEADWATER_KILLS ?? 40);
const BATCH = 50;

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
      await sendFailures(hub, waiting.slice(0, BATCH));
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
    expect((await outcomeOf(kept, 10 * CHANGES)).decided.length).toBeGreaterThanOrEqual(CHANGES);
    expect(await kept.due(Date.now(), 1)).toEqual({ deliveries: [], next: null });
  }, WITHIN);
  const outcome = await outcomeOf(kept, 10 * CHANGES);
  await kept.close();
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
  receiver.close();
  const { fired, again } = checkOutcome(outcome, CHANGES, receiver, `HEADWATER_SEED=${seed}`);
  console.info(`decisions: ${CHANGES}, ${fired} fired, ${again} sent again`);
});

const WITHIN = { timeout: 240_000, interval: 1_000 };
