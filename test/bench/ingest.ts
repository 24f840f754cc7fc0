/** From a client's request to the graph: the built hub in its own process, asked over HTTP. */
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { startTestHub } from '../harness.ts';
import { eventsPerCommit, runBareLoop } from './bare-loop.ts';
import type { Bench, BenchContext } from './bench.ts';
import { quantile } from './figure.ts';
import { cpuMsOf, portOf, whenApplied } from './hub-probe.ts';
import { runLoad } from './load.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import { databaseBytes, inScratch } from './scratch.ts';
import { REALISTIC, type Workload } from './workload.ts';

const BARE_TRANSACTION = 128;

interface Measured {
  readonly load: LoadResult;
  /** From the first request until the last event was in the graph, ms. */
  readonly ms: number;
  readonly hubCpuMs: number;
}

export const ingest: Bench = {
  name: 'ingest',
  about: 'durable ingest to applied over HTTP, against a bare SQLite loop, and its bytes on disk',
  async run(context) {
    for (const connections of context.sizes.ingestConnections) {
      await inScratch((folder) => atConnections(connections, folder, context));
    }
  },
};

async function atConnections(connections: number, folder: string, { sizes, report }: BenchContext): Promise<void> {
  const data = join(folder, 'data');
  const workload: Workload = { ...REALISTIC, jobs: sizes.ingestJobs };
  const events = connections === 1 ? sizes.ingestEventsAlone : sizes.ingestEvents;
  const warmup = sizes.ingestWarmup;
  const hub = await startTestHub({ data });
  const plan = { port: portOf(hub), workload, requests: { kind: 'events' } } as const;
  await whenApplied(hub, (await runLoad({ ...plan, connections: 16, count: warmup, from: 0 })).position);
  const measured = await measure(
    { ...plan, connections, count: events, from: warmup },
    () => cpuMsOf(hub),
    (position) => whenApplied(hub, position),
  );
  await hub.stop();

  const { load, ms, hubCpuMs } = measured;
  const rate = (events / ms) * 1000;
  const name = `ingest.${connections}`;
  report({
    name: `${name}.rate`,
    value: Math.round(rate),
    unit: 'events/s',
    n: events,
    note: noteOf(measured, connections),
  });
  report({
    name: `${name}.cpu`,
    value: Math.round((hubCpuMs / events) * 1000),
    unit: 'µs/event',
    n: events,
    note: "CPU of all of the hub's threads",
  });
  for (const [label, q] of [
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const) {
    const note = `one POST, from writing it to its 201, with ${connections} under way`;
    report({ name: `${name}.latency.${label}`, value: quantile(load.latencies, q), unit: 'ms', n: events, note });
  }
  if (connections !== Math.max(...sizes.ingestConnections)) return;

  const all = warmup + events;
  for (const [label, file] of [
    ['log', 'events.db'],
    ['graph', 'graph.db'],
  ] as const) {
    const note = `${file} after a stop, ${sizes.ingestJobs} jobs with ${Math.round(all / 2 / sizes.ingestJobs)} runs each`;
    report({
      name: `disk.${label}`,
      value: Math.round(databaseBytes(data, file) / all),
      unit: 'bytes/event',
      n: all,
      note,
    });
  }
  compareWithBare({ data, folder, events: all, rate, name }, report);
}

interface Compared {
  readonly data: string;
  readonly folder: string;
  readonly events: number;
  readonly rate: number;
  readonly name: string;
}

/** Against large transactions, and against as many events in each as the hub could gather from its connections. */
function compareWithBare({ data, folder, events, rate, name }: Compared, report: BenchContext['report']): void {
  for (const [label, perTransaction] of [
    ['bare', BARE_TRANSACTION],
    ['bare-same-commits', eventsPerCommit(data, events)],
  ] as const) {
    const into = join(folder, label);
    mkdirSync(into);
    const bare = runBareLoop(data, into, events, perTransaction);
    const bareRate = (events / bare.ms) * 1000;
    const cpu = Math.round((bare.cpuMs / events) * 1000);
    report({
      name: `ingest.${label}.rate`,
      value: Math.round(bareRate),
      unit: 'events/s',
      n: events,
      note: `the ${(bare.rows / events).toFixed(1)} rows an event that are in the files by prepared INSERTs, ${perTransaction.toFixed(1)} events to a transaction, the log synced; ${cpu} µs CPU an event`,
    });
    report({
      name: `ingest.${label}.ratio`,
      value: rate / bareRate,
      unit: '×',
      n: events,
      note: `${name}.rate to ingest.${label}.rate`,
    });
  }
}

async function measure(
  plan: LoadPlan,
  cpuMs: () => Promise<number>,
  applied: (position: number) => Promise<number>,
): Promise<Measured> {
  const before = await cpuMs();
  const load = await runLoad(plan);
  const end = await applied(load.position);
  return { load, ms: end - load.began, hubCpuMs: (await cpuMs()) - before };
}

function noteOf({ load, ms, hubCpuMs }: Measured, connections: number): string {
  const share = (cpu: number): string => (cpu / ms).toFixed(2);
  const size = (load.bytesSent / load.sent / 1000).toFixed(1);
  const lag = Math.round(load.began + ms - load.ended);
  return (
    `${connections} connection${connections === 1 ? '' : 's'}, ${size} KB/event; of ${cpus().length} cores the hub used ${share(hubCpuMs)}, ` +
    `the load generator ${share(load.cpuMs)}; last event applied ${lag} ms after its 201; busy answers: ${load.busy}`
  );
}
