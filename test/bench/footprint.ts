/** Memory of the built hub, and how long it takes until it is ready, with nothing in it and with a large graph. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startTestHub, type TestHub } from '../harness.ts';
import type { Bench, BenchContext } from './bench.ts';
import { buildData } from './build-data.ts';
import { median, megabytes } from './figure.ts';
import { memoryOf, portOf, whenApplied } from './hub-probe.ts';
import { LINEAGE_QUERY, spreadIds } from './lineage-query.ts';
import { runLoad } from './load.ts';
import { databaseBytes, inScratch, madeOnce } from './scratch.ts';
import { EventSource, REALISTIC, type Workload } from './workload.ts';

const QUERIES = 500;
const EVENTS = 4_000;
const COLUMN_QUERY =
  'query Columns($id: ID!) { columnLineage(of: [$id], depth: 5) { fields { id } edges { from to transformations { type subtype } } } }';

export const footprint: Bench = {
  name: 'footprint',
  about: 'memory and start, empty and with 100,000 datasets of 10 columns',
  run: (context) => inScratch((folder) => measure(folder, context)),
};

async function measure(folder: string, context: BenchContext): Promise<void> {
  const { sizes, report } = context;
  const workload: Workload = {
    ...REALISTIC,
    jobs: sizes.memoryDatasets,
    concurrent: 1,
    columns: sizes.memoryColumns,
    types: 'COMPLETE',
  };
  const data = join(folder, 'data');
  const source = new EventSource(workload);
  await madeOnce(context.keep, `footprint-${sizes.memoryDatasets}-${sizes.memoryColumns}`, data, (empty) =>
    buildData(empty, source, sizes.memoryDatasets),
  );
  const graph = `${sizes.memoryDatasets} datasets, ${sizes.memoryDatasets * sizes.memoryColumns} columns, as many jobs as datasets; graph.db ${megabytes(databaseBytes(data, 'graph.db'))} MB, events.db ${megabytes(databaseBytes(data, 'events.db'))} MB`;

  const empty = Array.from({ length: sizes.starts }, (_, i) => join(folder, `empty-${i}`));
  const full = Array.from({ length: sizes.starts }, () => data);
  for (const [name, folders, about] of [
    ['empty', empty, 'a new folder'],
    ['full', full, graph],
  ] as const) {
    const times: number[] = [];
    for (const each of folders) times.push(await startTime(each));
    const note = `spawn of bin/headwater.mjs to the first 200 of /health/ready, median of ${times.length}, files in the page cache; ${about}`;
    report({ name: `start.${name}`, value: Math.round(median(times)), unit: 'ms', n: times.length, note });
  }

  const hub = await startTestHub({ data });
  await reportMemory('start', 'just started', hub, graph, report);
  const plan = { port: portOf(hub), connections: 4, count: QUERIES, from: 0, workload } as const;
  for (const query of [LINEAGE_QUERY, COLUMN_QUERY]) {
    await runLoad({ ...plan, requests: { kind: 'lineage', query, ids: spreadIds(source, QUERIES) } });
  }
  await reportMemory(
    'queries',
    `after ${QUERIES} queries of lineage and as many of column lineage`,
    hub,
    graph,
    report,
  );
  const events = await runLoad({
    ...plan,
    count: EVENTS,
    workload: { ...workload, types: 'START+COMPLETE', prefix: 'live', jobs: sizes.ingestJobs, concurrent: 64 },
    requests: { kind: 'events' },
  });
  await whenApplied(hub, events.position);
  await reportMemory('ingest', `after ${EVENTS} more events`, hub, graph, report);
  await hub.stop();
}

async function startTime(data: string): Promise<number> {
  mkdirSync(data, { recursive: true });
  const began = performance.now();
  const hub = await startTestHub({ data });
  // It says its address when it is ready; whether a probe thinks so too is what counts.
  while ((await hub.ask({ path: '/health/ready' })).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const ms = performance.now() - began;
  await hub.stop();
  return ms;
}

async function reportMemory(
  name: string,
  when: string,
  hub: TestHub,
  graph: string,
  report: BenchContext['report'],
): Promise<void> {
  const { resident, anonymous } = await memoryOf(hub);
  const own = anonymous === null ? '' : `, ${megabytes(anonymous)} MB of it anonymous, the rest pages of files`;
  report({
    name: `memory.${name}`,
    value: megabytes(resident),
    unit: 'MB',
    n: 1,
    note: `resident ${when}${own}; ${graph}`,
  });
}
