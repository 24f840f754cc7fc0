/**
 * Kills by chance among two api, four workers, Neo4j and Redis, while eight clients send: `npm run chaos`.
 * CHAOS_KILLS: how many; CHAOS_SEED: which ones and when, as it was printed.
 *
 * ```
 * clients ─▶ api ×2 ─▶ Redis ─▶ worker ×4 ─▶ Neo4j        each may be killed (-9), alone or with another, and starts again
 *    └────────────────────────────────────▶ embedded hub   gets the same events in peace, afterwards
 * ```
 * A client sends an event until it is answered 201. Then the graph holds each once: the exports are the same bytes, the
 * feed has no gap, and tells what the events tell.
 */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ReadableGraph } from '#graph';
import { runEvent } from '../e2e/events.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { foldChanges } from '../model/fold-changes.ts';
import { deltasOf } from '../model/order-law.ts';
import { referenceCurrent } from '../model/reference-fold.ts';
import { emptyNeo4j, NEO4J_URI } from '../servers/empty-neo4j.ts';
import { neo4jServer } from '../servers/neo4j-server.ts';
import { ownRedisServer } from '../servers/redis-server.ts';

const KILLS = Number(process.env.CHAOS_KILLS ?? 5);
const SEED = Number(process.env.CHAOS_SEED ?? (process.env.CI === undefined ? Date.now() % 1_000_000 : 20_261_121));
const CLIENTS = 8;
/** Kills follow the events, not the clock: a slow machine has the same ones. */
const EVENTS_PER_KILL = 120;
const AGAIN_MS = 100;

/** mulberry32: the same numbers from 0 to 1 for a seed. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Something that may be killed, and started again on what it left behind. */
interface Victim {
  readonly name: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

class HubProcess implements Victim {
  readonly name: string;
  readonly #role: string;
  readonly #redis: string;
  readonly #data = join(temporaryFolder(), 'data');
  hub: TestHub | null = null;

  constructor(name: string, role: string, redis: string) {
    this.name = name;
    this.#role = role;
    this.#redis = redis;
  }

  async kill(): Promise<void> {
    this.hub?.signal('SIGKILL');
    await this.hub?.ended;
    this.hub = null;
  }

  async start(): Promise<void> {
    const env = { NEO4J_URI, REDIS_URL: this.#redis, HEADWATER_ROLE: this.#role };
    this.hub = await startTestHub({ env, data: this.#data });
  }
}

const servers: readonly Victim[] = [
  {
    name: 'neo4j',
    kill: async () => void (await neo4jServer('crash')),
    start: async () => void (await neo4jServer('start')),
  },
  {
    name: 'redis',
    kill: async () => void (await ownRedisServer('crash')),
    start: async () => void (await ownRedisServer('start')),
  },
];

/** One of each kind before a kind comes again, so that few kills are of all; whichever of the kind. */
function dealt(chance: () => number, kinds: readonly (readonly Victim[])[]): () => Victim {
  let deck: (readonly Victim[])[] = [];
  return () => {
    if (deck.length === 0) deck = [...kinds];
    const [kind = []] = deck.splice(Math.floor(chance() * deck.length), 1);
    const found = kind[Math.floor(chance() * kind.length)];
    if (found === undefined) throw new Error('a kind has none to kill');
    return found;
  };
}

const cleanup: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const each of cleanup.reverse()) await each();
});

/** Runs of forty jobs over thirty tables: starts, ends, failures, each now and then sent twice. */
function eventsBy(chance: () => number, count: number): Record<string, unknown>[] {
  const below = (most: number): number => Math.floor(chance() * most);
  const tables = (): string[] => Array.from({ length: 1 + below(3) }, () => `t${below(30)}`);
  const events: Record<string, unknown>[] = [];
  while (events.length < count) {
    const job = `job-${below(40)}`;
    const run = { runId: `019b76da-a800-7000-8000-${events.length.toString(16).padStart(12, '0')}` };
    const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
    const edges = { reads: tables(), writes: tables() };
    const n = events.length;
    events.push(runEvent(job, edges, { run, eventType: 'START', eventTime: at(n) }));
    events.push(
      runEvent(job, edges, { run, eventType: below(8) === 0 ? 'FAIL' : 'COMPLETE', eventTime: at(n + below(90)) }),
    );
  }
  return events.slice(0, count);
}

it(`${KILLS} kills by chance lose no event that was answered 201, and tell nothing twice`, {
  timeout: 240_000 + KILLS * 60_000,
}, async () => {
  process.stdout.write(`chaos: CHAOS_SEED=${SEED} CHAOS_KILLS=${KILLS}\n`);
  const chance = chanceOf(SEED);
  const events = eventsBy(chance, (KILLS + 1) * EVENTS_PER_KILL);
  await emptyNeo4j();
  const redis = await ownRedisServer('start', '--fresh');
  cleanup.push(() => ownRedisServer('stop'));
  const apis = [1, 2].map((n) => new HubProcess(`api ${n}`, 'api', redis));
  const workers = [1, 2, 3, 4].map((n) => new HubProcess(`worker ${n}`, 'worker', redis));
  const hubs = [...apis, ...workers];
  cleanup.push(() => Promise.all(hubs.map((each) => each.kill())));
  await Promise.all(hubs.map((each) => each.start()));

  let sent = 0;
  const waiting = events.map((event) => JSON.stringify(event));
  const client = async (c: number): Promise<void> => {
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      // One in ten is sent again though it was taken, by the other door.
      for (let times = sent % 10 === 0 ? 2 : 1; times > 0; times--) await untilTaken(apis, c + times, body);
      sent++;
    }
  };
  const victim = dealt(chance, [apis, workers, ...servers.map((server) => [server])]);
  const killing = async (): Promise<string[]> => {
    const killed: string[] = [];
    while (killed.length < KILLS) {
      const due = (killed.length + chance()) * EVENTS_PER_KILL;
      while (sent < due) await pause(20);
      const victims = [victim(), ...(chance() < 0.25 ? [victim()] : [])];
      // Servers come first in the list: a hub that finds none refuses to start.
      const now = [...servers, ...hubs].filter((each) => victims.includes(each)).slice(0, KILLS - killed.length);
      await Promise.all(now.map((each) => each.kill()));
      await pause(chance() * 1_500);
      for (const each of now) await each.start();
      killed.push(...now.map(({ name }) => name));
    }
    return killed;
  };
  const [killed] = await Promise.all([killing(), ...Array.from({ length: CLIENTS }, (_, c) => client(c))]);
  process.stdout.write(`chaos: killed ${killed.join(', ')}; ${events.length} events\n`);

  const embedded = await startTestHub();
  cleanup.push(() => embedded.stop());
  let position = '0';
  for (const event of events) position = await embedded.send(event);
  const wanted = await exportOf(embedded, position);
  for (const each of hubs) expect(await exportOf(each.hub, position), each.name).toEqual(wanted);

  const graph = await ReadableGraph.open({ uri: NEO4J_URI });
  cleanup.push(() => graph.close());
  expect((await graph.position()).applied).toBe(events.length);
  const feed = await graph.changes(0, 1_000_000);
  expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
  const { dropped, ...current } = referenceCurrent(deltasOf(events));
  expect(foldChanges(feed)).toEqual({ ...current, dropped: [...dropped].sort() });
});

/** 201 is all that a client believes: what had another answer, or none, is sent again. */
async function untilTaken(apis: readonly HubProcess[], from: number, body: string): Promise<void> {
  for (let attempt = from; ; attempt++) {
    const api = apis[attempt % apis.length]?.hub;
    try {
      const answer = await api?.ask({
        method: 'POST',
        path: '/api/v1/lineage',
        headers: { 'content-type': 'application/json' },
        body,
      });
      if (answer?.status === 201) return;
      if (answer !== undefined && ![429, 503].includes(answer.status))
        throw new Refused(`${answer.status} ${answer.body}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await pause(AGAIN_MS);
  }
}

class Refused extends Error {
  override readonly name = 'Refused';
}

async function exportOf(hub: TestHub | null, after: string): Promise<string[]> {
  for (;;) {
    const answer = await hub?.ask({ path: '/api/v1/export', headers: { 'headwater-after': after } });
    if (answer?.status === 200) return answer.body.split('\n');
    // Not applied yet, or the server has only just come back.
    if (answer === undefined || ![503, 504].includes(answer.status))
      throw new Error(`no export: ${answer?.status} ${answer?.body}`);
    await pause(AGAIN_MS);
  }
}
