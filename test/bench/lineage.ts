/** What feeds what, five hops around a dataset: as a client asks for it, over HTTP, in graphs of different sizes. */
import { join } from 'node:path';
import { startTestHub, type TestHub } from '../harness.ts';
import type { Bench, BenchContext } from './bench.ts';
import { buildData } from './build-data.ts';
import { quantile } from './figure.ts';
import { portOf } from './hub-probe.ts';
import { idsOfSize, LINEAGE_QUERY, spreadIds } from './lineage-query.ts';
import { runLoad, startLoad } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { inScratch, madeOnce } from './scratch.ts';
import { EventSource, REALISTIC, type Workload } from './workload.ts';

/** Hubs take turns, this often: what the machine does meanwhile hits all of them alike. */
const ROUNDS = 10;
const CONNECTIONS = 8;
const INGEST_CONNECTIONS = 16;
/** Answers of other sizes than about 100 nodes would measure the shape of the graph, not its size. */
const NODES = [80, 120] as const;
const DATASETS = 300;
const INGEST_ALONE_MS = 2_000;

interface Asked {
  readonly nodes: number;
  readonly hub: TestHub;
  readonly plan: LoadPlan;
  readonly answer: string;
}

export const lineage: Bench = {
  name: 'lineage',
  about: 'GraphQL lineage of five hops and about 100 nodes: idle, in parallel, and while ingest runs',
  run: (context) => inScratch((folder) => inAll(folder, context)),
};

async function inAll(folder: string, context: BenchContext): Promise<void> {
  const asked: Asked[] = [];
  for (const nodes of context.sizes.lineageNodes) asked.push(await startWith(nodes, folder, context));
  const p95 = await idle(asked, context);
  const [last, before] = [p95.at(-1), p95.at(-2)];
  if (last !== undefined && before !== undefined) {
    context.report({
      name: 'lineage.ratio',
      value: last.p95 / before.p95,
      unit: '×',
      n: context.sizes.lineageQueries,
      note: `p95 with ${last.nodes} nodes to p95 with ${before.nodes}, idle, the two taking turns`,
    });
  }
  for (const each of asked) await parallel(each, context);
  for (const each of asked) await whileIngesting(each, context);
  for (const { hub } of asked) await hub.stop();
}

/** A hub with a graph of so many nodes. Each job has one output: half of them are jobs. */
async function startWith(nodes: number, folder: string, { keep, sizes }: BenchContext): Promise<Asked> {
  const source = new EventSource(graphOf(Math.floor(nodes / 2)));
  const data = join(folder, String(nodes));
  await madeOnce(keep, `lineage-${nodes}`, data, (empty) => buildData(empty, source, source.workload.jobs));
  const hub = await startTestHub({ data });
  // Asking for their sizes is the warm-up too.
  const wanted = Math.min(DATASETS, sizes.lineageQueries);
  const { ids, meanNodes } = await idsOfSize(hub, spreadIds(source, 20 * wanted), wanted, NODES);
  return {
    nodes,
    hub,
    answer: `5 hops both ways, ${NODES[0]} to ${NODES[1]} nodes, on average ${meanNodes}, around ${ids.length} datasets`,
    plan: {
      port: portOf(hub),
      connections: 1,
      count: sizes.lineageQueries,
      from: 0,
      workload: source.workload,
      requests: { kind: 'lineage', query: LINEAGE_QUERY, ids },
    },
  };
}

/** 3.4 inputs a job make about 100 nodes within five hops. */
export function graphOf(jobs: number): Workload {
  return { ...REALISTIC, jobs, inputs: [3, 3, 4, 3, 4], concurrent: 1, detail: 'names', types: 'COMPLETE' };
}

async function idle(
  asked: readonly Asked[],
  { sizes, report }: BenchContext,
): Promise<{ nodes: number; p95: number }[]> {
  const latencies = asked.map((): number[] => []);
  const count = Math.ceil(sizes.lineageQueries / ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { plan }] of asked.entries()) {
      const load = await runLoad({ ...plan, count, from: round * count });
      latencies[i]?.push(...load.latencies);
    }
  }
  return asked.map(({ nodes, answer }, i) => {
    const measured = latencies[i] ?? [];
    reportLatency(`lineage.${nodes}.idle`, measured, `${answer}; one connection`, report);
    return { nodes, p95: quantile(measured, 0.95) };
  });
}

function reportLatency(name: string, latencies: readonly number[], note: string, report: BenchContext['report']): void {
  for (const [label, q] of [
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const) {
    report({ name: `${name}.${label}`, value: quantile(latencies, q), unit: 'ms', n: latencies.length, note });
  }
}

async function parallel({ nodes, plan, answer }: Asked, { sizes, report }: BenchContext): Promise<void> {
  const load = await runLoad({ ...plan, connections: CONNECTIONS, count: 2 * sizes.lineageQueries });
  const ms = load.ended - load.began;
  report({
    name: `lineage.${nodes}.parallel`,
    value: Math.round((load.sent / ms) * 1000),
    unit: 'requests/s',
    n: load.sent,
    note: `${CONNECTIONS} connections; ${answer}; the load generator used ${(load.cpuMs / ms).toFixed(2)} cores`,
  });
}

async function whileIngesting({ nodes, plan, answer }: Asked, { sizes, report }: BenchContext): Promise<void> {
  const workload: Workload = { ...REALISTIC, jobs: sizes.ingestJobs, prefix: 'live' };
  const events = startLoad({
    port: plan.port,
    connections: INGEST_CONNECTIONS,
    count: null,
    from: 0,
    workload,
    requests: { kind: 'events' },
  });
  // Heard even if the queries fail first.
  events.result.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, INGEST_ALONE_MS));
  const queries = await runLoad(plan).finally(events.stop);
  const { sent, began, ended, cpuMs } = await events.result;
  const rate = Math.round((sent / (ended - began)) * 1000);
  const cores = ((cpuMs + queries.cpuMs) / (ended - began)).toFixed(2);
  const note = `while ${INGEST_CONNECTIONS} connections send what they can, ${rate} events/s of ${workload.jobs} other jobs; ${answer}; the two load generators used ${cores} cores`;
  reportLatency(`lineage.${nodes}.ingesting`, queries.latencies, note, report);
}
