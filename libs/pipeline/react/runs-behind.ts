/** Which run made a change, as far as a run made it. */
import { type GraphReader, type Run, runNodeId } from '#lineage';
import type { ObservedChange, Occasion } from '#rules';
import type { RecentRuns } from './recent-runs.ts';

/**
 * Kinds that a run brings about. What time brings about (a deadline that passes, a stream that falls silent) is no run's work:
 * were it put down to the run before, a second breach would be taken for a loop.
 */
const MADE_BY_RUNS: ReadonlySet<string> = new Set([
  'run.completed',
  'run.failed',
  'run.slow',
  'run.stuck',
  'dataset.updated',
  'freshness.recovered',
  'schema.changed',
  'volume.anomaly',
  'volume.recovered',
  'quality.failed',
  'quality.recovered',
  'lineage.changed',
  'lineage.cycle',
]);

/** By occasion; of what no run made, nothing. */
export async function runsBehind(
  reader: GraphReader,
  recent: RecentRuns,
  occasions: readonly Occasion[],
): Promise<ReadonlyMap<Occasion, Run>> {
  const named = new Map<Occasion, string>();
  const datasets = new Map<Occasion, string>();
  const jobs = new Map<Occasion, string>();
  for (const occasion of occasions) {
    const { change } = occasion;
    if (!MADE_BY_RUNS.has(breachIn(change))) continue;
    const run = change.subject.startsWith('run:') ? change.subject : runIn(change.after);
    if (run !== null) named.set(occasion, run);
    else if (change.subject.startsWith('dataset:')) datasets.set(occasion, change.subject);
    else if (change.subject.startsWith('job:')) jobs.set(occasion, change.subject);
  }
  const ids = [...new Set(named.values())];
  const [byId, lastOf, latest] = await Promise.all([
    ids.length === 0 ? [] : reader.runsById(ids),
    lastRunsOf(reader, recent, [...new Set(datasets.values())]),
    jobs.size === 0 ? new Map<string, Run>() : reader.latestRuns([...new Set(jobs.values())]),
  ]);
  const found = new Map(byId.flatMap((one) => (one === null ? [] : [[runNodeId(one.run.runId), one.run] as const])));
  const behind = new Map<Occasion, Run>();
  const set = (occasion: Occasion, run: Run | undefined): void => {
    if (run !== undefined) behind.set(occasion, run);
  };
  for (const [occasion, id] of named) set(occasion, found.get(id));
  for (const [occasion, id] of datasets) set(occasion, lastOf.get(id)?.[0]?.run);
  for (const [occasion, id] of jobs) set(occasion, latest.get(id));
  return behind;
}

/** What an incident is about counts; else the change's own kind. */
function breachIn({ kind, after }: ObservedChange): string {
  if (!kind.startsWith('incident.')) return kind;
  const about = typeof after === 'object' && after !== null && 'kind' in after ? after.kind : null;
  return typeof about === 'string' ? about : kind;
}

/** Of `dataset.updated`. */
export function runIn(after: unknown): string | null {
  if (typeof after !== 'object' || after === null || !('run' in after)) return null;
  return typeof after.run === 'string' ? after.run : null;
}

/** One that completed, with when. */
export interface Writing {
  readonly run: Run;
  readonly at: number;
}

/** By dataset: the runs that completed and wrote it, the latest first; of each writer the recent runs are looked at. */
export async function lastRunsOf(
  reader: GraphReader,
  recent: RecentRuns,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly Writing[]>> {
  if (datasets.length === 0) return new Map();
  const around = await reader.neighbours(datasets);
  const writers = [...new Set(datasets.flatMap((dataset) => around.get(dataset)?.writers ?? []))];
  const runs = await recent.of(writers);
  return new Map(
    datasets.map((dataset) => {
      const writings = (around.get(dataset)?.writers ?? []).flatMap((job) =>
        (runs.get(job) ?? [])
          .filter(({ state, writes }) => state === 'COMPLETED' && writes.includes(dataset))
          .map((run): Writing => ({ run, at: run.endedAt ?? run.lastSeen })),
      );
      return [dataset, writings.sort((a, b) => b.at - a.at)];
    }),
  );
}
