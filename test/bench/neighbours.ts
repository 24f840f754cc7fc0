/** A dataset that everything reads: its own lineage, that of one of its readers, and an event that names it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GraphFile } from '#graph';
import { startTestHub } from '../harness.ts';
import type { Bench, BenchContext } from './bench.ts';
import { buildData } from './build-data.ts';
import { median, quantile } from './figure.ts';
import { portOf } from './hub-probe.ts';
import { LINEAGE_QUERY, spreadIds } from './lineage-query.ts';
import { runLoad } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { loggedEvent } from './logged-event.ts';
import { inScratch, madeOnce } from './scratch.ts';
import { startStopwatch } from './stopwatch.ts';
import { EventSource, REALISTIC, type Workload } from './workload.ts';

const FURTHER = 200;

export const neighbours: Bench = {
  name: 'neighbours',
  about: 'lineage around a dataset with 100,000 readers, and events that name it',
  run: (context) => inScratch((folder) => around(folder, context)),
};

async function around(folder: string, { sizes, keep, report }: BenchContext): Promise<void> {
  const readers = sizes.neighbours;
  const workload: Workload = {
    ...REALISTIC,
    jobs: readers,
    concurrent: 1,
    detail: 'names',
    types: 'COMPLETE',
    shape: 'star',
  };
  const source = new EventSource(workload);
  const data = join(folder, 'data');
  mkdirSync(data);
  await madeOnce(keep, `neighbours-${readers}`, data, (empty) => buildData(empty, source, readers));

  const hub = await startTestHub({ data });
  const ask = async (name: string, ids: readonly string[], about: string): Promise<void> => {
    const plan: LoadPlan = {
      port: portOf(hub),
      connections: 1,
      count: FURTHER,
      from: 0,
      workload,
      requests: { kind: 'lineage', query: LINEAGE_QUERY, ids },
    };
    await runLoad(plan);
    const { latencies } = await runLoad(plan);
    for (const [label, q] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const) {
      report({
        name: `neighbours.${name}.${label}`,
        value: quantile(latencies, q),
        unit: 'ms',
        n: latencies.length,
        note: `${about}, 5 hops, at most 500 nodes; ${readers} jobs read it`,
      });
    }
  };
  // The dataset that all read has the number -1.
  await ask('centre', [source.datasetId(-1)], 'lineage of the dataset itself');
  await ask('reader', spreadIds(source, FURTHER), "lineage of a reader's output");
  await hub.stop();
  applyFurther(data, source, readers, report);
}

/** More of the same jobs' runs, and of jobs that are new. */
function applyFurther(data: string, source: EventSource, readers: number, report: BenchContext['report']): void {
  const graph = new GraphFile(data);
  const others = new EventSource({ ...source.workload, jobs: readers + FURTHER });
  let position = graph.applied();
  for (const [name, from, events, about] of [
    ['known', readers, source, 'further runs of known readers'],
    ['new', readers, others, 'first runs of new readers'],
  ] as const) {
    const each = Array.from({ length: FURTHER }, (_, i) => {
      const now = events.timeOf(from + i);
      const event = loggedEvent(events.text(from + i), ++position, now);
      const stopwatch = startStopwatch();
      graph.apply([event], now);
      return stopwatch().ms * 1000;
    });
    report({
      name: `neighbours.apply.${name}`,
      value: median(each),
      unit: 'µs/event',
      n: FURTHER,
      note: `${about} of a dataset that ${readers} jobs read, one event to a transaction`,
    });
  }
  graph.close();
}
