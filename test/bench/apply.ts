/** What the store itself takes for an event: its writer in this process, without log, thread and HTTP. */
import { GraphFile } from '#graph';
import type { Bench, BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { loggedEvent } from './logged-event.ts';
import { inScratch } from './scratch.ts';
import { countStatements } from './statement-count.ts';
import { startStopwatch } from './stopwatch.ts';
import { EventSource, REALISTIC } from './workload.ts';

const BATCH = 128;

export const apply: Bench = {
  name: 'apply',
  about: "the embedded store's writer alone, per event, jobs new and known",
  async run(context) {
    for (const jobs of context.sizes.applyJobs) await inScratch((folder) => withJobs(jobs, folder, context));
  },
};

function withJobs(jobs: number, folder: string, { sizes, report }: BenchContext): void {
  const source = new EventSource({ ...REALISTIC, jobs });
  const graph = new GraphFile(folder);
  const count = countStatements(graph);
  let next = 0;
  const through = (events: number): { us: number; cpu: number; statements: number; n: number } => {
    const each: number[] = [];
    const statementsBefore = count.statements;
    let cpuMs = 0;
    const until = next + events;
    const from = next;
    while (next < until) {
      const batch = Array.from({ length: Math.min(BATCH, until - next) }, (_, i) =>
        loggedEvent(source.text(next + i), next + i + 1, source.timeOf(next + i)),
      );
      next += batch.length;
      const stopwatch = startStopwatch();
      graph.apply(batch, source.timeOf(next));
      const took = stopwatch();
      cpuMs += took.cpuMs;
      each.push((took.ms / batch.length) * 1000);
    }
    const n = next - from;
    return { us: median(each), cpu: (cpuMs / n) * 1000, statements: (count.statements - statementsBefore) / n, n };
  };
  for (const [state, events] of [
    ['new', 2 * jobs],
    ['known', sizes.applyRuns],
  ] as const) {
    const { us, cpu, statements, n } = through(events);
    report({
      name: `apply.${jobs}.${state}`,
      value: us,
      unit: 'µs/event',
      n,
      note: `${jobs} jobs, ${state === 'new' ? 'their first runs' : 'further runs'}, ${BATCH} events to a transaction, median of these; CPU ${Math.round(cpu)} µs, ${statements.toFixed(1)} SQL statements an event`,
    });
  }
  graph.close();
}
