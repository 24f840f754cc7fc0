/**
 * Nothing accepted is lost. The real process takes events from several senders at once and is killed, over and over; what
 * it had answered for is in the graph after the next start, once.
 *
 * ```
 *   senders   ──201──201──✗             ──201──201──201──✗
 *   hub       ████████████ kill -9      ████████████████ kill -9      …
 *                             │ start                       │ start
 *                             └─ check what was answered,   └─ …
 *                                send again what was not,
 *                                check that all is there once
 * ```
 */
import { expect, it } from 'vitest';
import type { ExportLine } from '../../libs/lineage/export-line.ts';
import { ask, type RawAnswer, spawnHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import type { JsonEvent } from '../model/generators.ts';
import { deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { LOAD_NAMESPACE, LoadEvents } from './load-events.ts';
import { chosenSeed, type Random, randomFrom } from './random.ts';

const KILLS = Number(process.env.HEADWATER_KILLS ?? 50);
const SENDERS = 6;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends until it is told to stop; knows what was answered for and what is in doubt. */
class Load {
  /** By hash: equal events are one. */
  readonly accepted = new Map<string, JsonEvent>();
  /** Sent, and the connection ended before an answer came. */
  readonly doubtful = new Map<string, JsonEvent>();
  readonly #random: Random;
  readonly #events: () => JsonEvent;
  answers = 0;

  constructor(random: Random, events: () => JsonEvent) {
    this.#random = random;
    this.#events = events;
  }

  /** Until the hub is gone. `onAnswer` gets the number of answers of this call. */
  async run(address: string, onAnswer: (count: number) => void): Promise<void> {
    let count = 0;
    const sender = async (): Promise<void> => {
      while (await this.#sendNew(address)) onAnswer(++count);
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    this.answers += count;
  }

  /** What is in doubt goes again, as clients do it; everything is known then. */
  async settle(address: string): Promise<void> {
    const sent = await Promise.all([...this.doubtful.values()].map((event) => this.#send(address, [event], false)));
    if (sent.includes(false)) throw new Error('the hub went away while nobody killed it');
  }

  #sendNew(address: string): Promise<boolean> {
    const asBatch = this.#random.oneIn(3);
    const events = Array.from({ length: asBatch ? this.#random.between(1, 12) : 1 }, this.#events);
    return this.#send(address, events, asBatch);
  }

  async #send(address: string, events: readonly JsonEvent[], asBatch: boolean): Promise<boolean> {
    const named = events.map((event) => ({ event, hash: logged(event, 0).hash }));
    let answer: RawAnswer;
    try {
      answer = await ask(address, {
        method: 'POST',
        path: asBatch ? '/api/v1/lineage/batch' : '/api/v1/lineage',
        body: JSON.stringify(asBatch ? events : events[0]),
        headers: JSON_TYPE,
      });
    } catch {
      for (const { event, hash } of named) if (!this.accepted.has(hash)) this.doubtful.set(hash, event);
      return false;
    }
    if (answer.status !== (asBatch ? 204 : 201)) throw new Error(`not taken: ${answer.status} ${answer.body}`);
    for (const { event, hash } of named) {
      this.accepted.set(hash, event);
      this.doubtful.delete(hash);
    }
    return true;
  }
}

it(`every event that was answered for is in the graph once, after each of ${KILLS} kills`, async () => {
  const seed = chosenSeed();
  console.info(`kills: HEADWATER_SEED=${seed}`);
  const random = randomFrom(seed);
  const events = new LoadEvents(random);
  const load = new Load(random, () => events.next());
  const data = temporaryFolder();
  let duringStart = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const when = `HEADWATER_SEED=${seed}, after kill ${kill - 1}`;
    if (random.oneIn(5)) {
      duringStart++;
      await killWhileItStarts(data, random.between(50, 2_500));
      continue;
    }
    const hub = await startTestHub({ data });
    await checkGraph(hub, load, when);
    await killUnderLoad(hub, load, random);
  }

  const hub = await startTestHub({ data });
  await checkGraph(hub, load, `HEADWATER_SEED=${seed}, after the last kill`);
  const difference = differenceOf(referenceExport(deltasOf([...load.accepted.values()])), await linesOf(hub));
  expect(difference, `HEADWATER_SEED=${seed}: the export differs from the reference`).toBeNull();
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
  console.info(`kills: ${KILLS}, ${duringStart} during a start; ${load.answers} answers, ${load.accepted.size} events`);
  expect(load.accepted.size).toBeGreaterThan(10 * KILLS);
});

/** At a moment of the clock, or with the n-th answer: then the last answer is as fresh as it can be. */
async function killUnderLoad(hub: TestHub, load: Load, random: Random): Promise<void> {
  const lastAnswer = random.oneIn(2) ? random.between(1, 150) : null;
  const timer = setTimeout(() => hub.signal('SIGKILL'), lastAnswer === null ? random.between(0, 600) : 60_000);
  await load.run(hub.address, (count) => {
    if (count === lastAnswer) hub.signal('SIGKILL');
  });
  clearTimeout(timer);
  expect(await hub.ended).toEqual({ code: null, signal: 'SIGKILL' });
}

/** While it opens its files, or applies what the kill before left over. */
async function killWhileItStarts(data: string, ms: number): Promise<void> {
  const child = spawnHeadwater(['serve', '--json', '--port', '0', '--data', data]);
  setTimeout(() => child.kill('SIGKILL'), ms);
  await new Promise((resolve) => child.on('close', resolve));
}

async function checkGraph(hub: TestHub, load: Load, when: string): Promise<void> {
  const before = await graphOf(hub);
  const runs = [...load.accepted.values()].flatMap((event) => runOf(event) ?? []);
  expect(missing(runs, before.runs), `${when}: runs that are not there`).toEqual([]);
  const least = countsOf([...load.accepted.values()]);
  const most = countsOf([...load.accepted.values(), ...load.doubtful.values()]);
  expect(before.events, `${when}: events`).toBeGreaterThanOrEqual(least.events);
  expect(before.events, `${when}: events`).toBeLessThanOrEqual(most.events);
  expect(before.observations, `${when}: observations`).toBeGreaterThanOrEqual(least.observations);
  expect(before.observations, `${when}: observations`).toBeLessThanOrEqual(most.observations);

  await load.settle(hub.address);
  const after = await graphOf(hub);
  const { events, observations } = countsOf([...load.accepted.values()]);
  expect(after, when).toMatchObject({ events, observations });
  // Of one run, one line.
  expect(new Set(after.runs).size, `${when}: runs`).toBe(after.runs.length);
  expect(hub.log(), when).not.toMatch(/"level":(50|60|"error"|"fatal")/);
}

interface Counts {
  /** RunEvents in the log. */
  readonly events: number;
  /** Events of continuous jobs that the graph has counted. */
  readonly observations: number;
}

function countsOf(events: readonly JsonEvent[]): Counts {
  const jobs = events.map((event) => event.job as { namespace: string; name: string } | undefined);
  return {
    events: events.filter((event) => event.run !== undefined).length,
    observations: jobs.filter((job) => job?.namespace === LOAD_NAMESPACE && job.name.startsWith('stream-')).length,
  };
}

/** With all applied that the hub holds. */
async function graphOf(hub: TestHub): Promise<Counts & { readonly runs: readonly string[] }> {
  const lines = (await linesOf(hub)).map((line) => JSON.parse(line) as ExportLine);
  const { json } = await hub.ask({ path: '/api/v1/events/lineage?limit=1' });
  const ofLoad = `job:${LOAD_NAMESPACE}:stream-`;
  return {
    events: (json as { totalCount: number }).totalCount,
    observations: lines.reduce(
      (sum, line) => sum + (line.kind === 'activity' && line.job.startsWith(ofLoad) ? line.observations : 0),
      0,
    ),
    runs: lines.flatMap((line) => (line.kind === 'run' ? `${line.job} ${line.runId}` : [])),
  };
}

async function linesOf(hub: TestHub): Promise<string[]> {
  const { head } = (await hub.ask({ path: '/health/ready' })).json as { head: number };
  const { status, body } = await hub.ask({ path: '/api/v1/export', headers: { 'headwater-after': String(head) } });
  if (status !== 200) throw new Error(`no export: ${status} ${body}`);
  return body.split('\n').filter((line) => line !== '');
}

/** As an export names it; null: no run, or one whose masked id makes it a run of its own. */
function runOf(event: JsonEvent): string | null {
  const run = event.run as { readonly runId: string } | undefined;
  const job = event.job as { readonly namespace: string; readonly name: string } | undefined;
  if (run === undefined || job === undefined || run.runId.includes('***')) return null;
  return `job:${job.namespace}:${job.name} ${run.runId}`;
}

function missing(expected: readonly string[], actual: readonly string[]): string[] {
  const held = new Set(actual);
  return [...new Set(expected)].filter((one) => !held.has(one));
}
