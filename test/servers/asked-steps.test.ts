/** What people ask of processes that have no file of the graph: a worker says it, once, and who asked hears of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AskedSteps, Neo4jDatabase, Neo4jGraphStore, ReadableGraph } from '#graph';
import { LOCAL_VIEWER, type RemarkRequest } from '#lineage';
import { logged } from '../model/order-law.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ReadLog } from './read-log.ts';

const NEO4J = { uri: NEO4J_URI };
const ORDERS = 'dataset:db:orders';
const NOTE: RemarkRequest = {
  kind: 'ANNOTATION',
  subject: ORDERS,
  text: 'late',
  carried: false,
  by: 'ann',
  at: Date.UTC(2026, 0, 2),
  expiresAt: null,
  key: null,
};
const WORD = { by: 'ann', at: NOTE.at, reason: null };

const log = new ReadLog();
const dataset = (name: string) => ({
  eventTime: '2026-01-01T00:00:00Z',
  producer: 'p',
  dataset: { namespace: 'db', name },
});
log.append(logged(dataset('orders'), 1), logged(dataset('orders_v2'), 2));

let api: Neo4jGraphStore;
let graph: ReadableGraph;
let database: Neo4jDatabase;
let workers: Neo4jGraphStore[];
let folders: string[];
let ticking: NodeJS.Timeout[];

beforeEach(async () => {
  await emptyNeo4j();
  graph = await ReadableGraph.open(NEO4J);
  database = await Neo4jDatabase.connect(NEO4J);
  api = await Neo4jGraphStore.open({ neo4j: NEO4J, askFor: 100_000 });
  [workers, folders, ticking] = [[], [], []];
  await (await work()).apply(log.events);
});
afterEach(async () => {
  for (const timer of ticking) clearInterval(timer);
  for (const worker of workers) await worker.close();
  await Promise.all([api.close(), graph.close(), database.close()]);
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function work(): Promise<Neo4jGraphStore> {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-worker-'));
  folders.push(folder);
  const worker = await Neo4jGraphStore.open({ neo4j: NEO4J, worker: { folder, log, turnMs: 500 } });
  workers.push(worker);
  return worker;
}

/** As a worker's ticker does: one look after the other. What one was overtaken in, the next makes up for. */
function tick(worker: Neo4jGraphStore): void {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await worker.tick(NOTE.at).catch(() => undefined);
    busy = false;
  };
  ticking.push(setInterval(() => void look(), 20));
}

const asked = async (): Promise<number> =>
  Number((await database.run('MATCH (a:AskedStep) RETURN count(a) AS n'))[0]?.['n']);

it('a worker says it, and who asked hears what came of it', { timeout: 120_000 }, async () => {
  workers.forEach(tick);
  const noted = await api.remark(NOTE);
  expect(noted).toMatchObject({
    kind: 'done',
    remark: { id: '1', asset: ORDERS },
    changes: [{ kind: 'annotation.added', sequence: (await graph.position()).sequence }],
  });
  expect(await api.merge({ ids: ['dataset:db:orders_v2'], into: ORDERS, ...WORD })).toMatchObject({
    kind: 'done',
    node: ORDERS,
  });
  expect(await api.reader(LOCAL_VIEWER).resolve(['dataset:db:orders_v2'])).toEqual([ORDERS]);
  const { commit } = await graph.position();
  expect(await api.merge({ ids: ['dataset:db:orders_v2'], into: ORDERS, ...WORD })).toMatchObject({
    kind: 'refused',
    why: 'ALREADY_ONE',
  });
  expect(await api.split({ id: ORDERS, alias: 'dataset:db:nobody', ...WORD })).toMatchObject({ kind: 'refused' });
  expect((await graph.position()).commit).toBe(commit);
  expect(await asked()).toBe(0);
});

it('each is said once, whoever asks and however many workers there are', { timeout: 120_000 }, async () => {
  await Promise.all([work(), work(), work()]);
  workers.forEach(tick);
  const texts = Array.from({ length: 6 }, (_, i) => `note ${i}`);
  const outcomes = await Promise.all(texts.map((text) => api.remark({ ...NOTE, text })));
  expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.remark.text)).toEqual(texts);
  // Whoever asked is answered with the commit; readers of the feed hear of it a moment later, once all indexes have it.
  const remarks = async () => (await graph.changes(0, 100)).filter(({ kind }) => kind === 'annotation.added');
  await expect.poll(async () => (await remarks()).length).toBe(texts.length);
  const lines: string[] = [];
  for await (const line of graph.export({ mutations: true })) lines.push(line);
  for (const worker of workers) {
    const own: string[] = [];
    for await (const line of worker.export({ mutations: true })) own.push(line);
    expect(own).toEqual(lines);
  }
});

it('without a worker it is not said, not later either', async () => {
  const asking = new AskedSteps(database, 300);
  await expect(asking.ask({ op: 'remark', request: NOTE })).rejects.toThrow(/^no worker took this up within/);
  const { commit } = await graph.position();
  await workers[0]?.tick(NOTE.at);
  expect((await graph.position()).commit).toBe(commit);
  expect(await asked()).toBe(0);
});

it('what can not be done is answered at once, and holds up nothing that others asked', {
  timeout: 60_000,
}, async () => {
  const asking = new AskedSteps(database, 30_000);
  const nonsense = { ...NOTE, subject: 7 } as unknown as RemarkRequest;
  const outcomes = Promise.allSettled([
    asking.ask({ op: 'remark', request: nonsense }),
    asking.ask({ op: 'remark', request: NOTE }),
  ]);
  while ((await asked()) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await workers[0]?.tick(NOTE.at);
  const [failed, noted] = await outcomes;
  expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'StepFailed' } });
  expect(noted).toMatchObject({ status: 'fulfilled', value: { remark: { kind: 'done' } } });
  expect(await asked()).toBe(0);
});

it('what was taken back while a worker was at it is not committed', async () => {
  const before = await graph.position();
  const said = () => ({ merge: null, remark: null });
  const commit = {
    after: before.commit,
    applied: before.applied,
    changes: [],
    parts: [],
    answer: { id: 'gone', said },
  };
  await expect(graph.commit(commit)).rejects.toThrow(/no longer asked for/);
  expect(await graph.position()).toEqual(before);
});
