/** Which versions of its inputs a job would read now, and when it last wrote: for `when: all-inputs-updated`. */
import type { Facet, Flow, GraphReader, Run } from '#lineage';
import type { InputView } from '#rules';
import type { RecentRuns } from './recent-runs.ts';

export interface JobInputs {
  readonly inputs: readonly InputView[];
  readonly lastOutputAt: number | null;
}

/** What was written last of each dataset. */
export interface DataVersion {
  readonly version: string | null;
  readonly updatedAt: number | null;
}

export async function jobInputs(
  reader: GraphReader,
  recent: RecentRuns,
  jobs: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, JobInputs>> {
  if (jobs.length === 0) return new Map();
  const around = await reader.neighbours(jobs);
  const reads = new Map(jobs.map((job) => [job, around.get(job)?.reads.filter(isDataset) ?? []] as const));
  const versions = await dataVersions(reader, recent, [...new Set([...reads.values()].flat())], now);
  const runs = await recent.of(jobs);
  return new Map(
    jobs.map((job) => {
      const inputs = (reads.get(job) ?? []).map((dataset) => ({ dataset, ...(versions.get(dataset) ?? UNWRITTEN) }));
      return [job, { inputs, lastOutputAt: lastDone(runs.get(job) ?? [], null)?.at ?? null }];
    }),
  );
}

/**
 * The `version` facet, else the run that wrote it last; of a continuous writer its last word. Of what nobody is known to have
 * written, nothing.
 */
export async function dataVersions(
  reader: GraphReader,
  recent: RecentRuns,
  datasets: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, DataVersion>> {
  if (datasets.length === 0) return new Map();
  const [around, facets] = await Promise.all([reader.neighbours(datasets), reader.facets(datasets, ['version'])]);
  const writers = [...new Set(datasets.flatMap((dataset) => around.get(dataset)?.writers ?? []))];
  const [runs, flows] = await Promise.all([recent.of(writers), reader.flows(writers, now)]);
  return new Map(
    datasets.map((dataset) => {
      const told = around.get(dataset)?.writers.map((job) => ({ runs: runs.get(job) ?? [], flow: flows.get(job) }));
      return [dataset, versionOf(dataset, told ?? [], facets.get(dataset) ?? [])];
    }),
  );
}

const UNWRITTEN: DataVersion = { version: null, updatedAt: null };

interface Writer {
  readonly runs: readonly Run[];
  readonly flow: Flow | undefined;
}

function versionOf(dataset: string, writers: readonly Writer[], facets: readonly Facet[]): DataVersion {
  let latest: { readonly at: number; readonly version: string } | null = null;
  for (const { runs, flow } of writers) {
    const done = flow === undefined ? lastDone(runs, dataset) : { at: flow.lastSeen, version: String(flow.lastSeen) };
    if (done !== null && (latest === null || done.at > latest.at)) latest = done;
  }
  const [facet] = [...facets].sort((a, b) => b.at - a.at);
  const said = versionIn(facet?.value);
  if (said !== null) return { version: said, updatedAt: latest?.at ?? facet?.at ?? null };
  return latest === null ? UNWRITTEN : { version: latest.version, updatedAt: latest.at };
}

/** The run that completed last, of those that wrote the dataset; null: of those that wrote anything. */
function lastDone(
  runs: readonly Run[],
  dataset: string | null,
): { readonly at: number; readonly version: string } | null {
  let last: { readonly at: number; readonly version: string } | null = null;
  for (const { state, endedAt, lastSeen, writes, id } of runs) {
    if (state !== 'COMPLETED' || (dataset === null ? writes.length === 0 : !writes.includes(dataset))) continue;
    const at = endedAt ?? lastSeen;
    if (last === null || at > last.at) last = { at, version: id };
  }
  return last;
}

function versionIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('datasetVersion' in value)) return null;
  const { datasetVersion } = value;
  return typeof datasetVersion === 'string' && datasetVersion !== '' ? datasetVersion : null;
}

const isDataset = (id: string): boolean => id.startsWith('dataset:');
