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

/** What was written last by then. */
type At = number | null;

/** The inputs of jobs now. */
export async function jobInputs(
  reader: GraphReader,
  recent: RecentRuns,
  jobs: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, JobInputs>> {
  const at = await jobInputsAt(reader, recent, jobs, now);
  return new Map(jobs.map((job) => [job, at(job, null)]));
}

/**
 * The inputs of jobs at any time: their lineage is that of now, and their runs are looked through as far as they are read. What was
 * told of a version, and what a stream writes, is known of now alone: for a time before it doesn't count.
 * @returns by job and time (ms; null: now)
 */
export async function jobInputsAt(
  reader: GraphReader,
  recent: RecentRuns,
  jobs: readonly string[],
  now: number,
): Promise<(job: string, at: At) => JobInputs> {
  if (jobs.length === 0) return () => ({ inputs: [], lastOutputAt: null });
  const around = await reader.neighbours(jobs);
  const reads = new Map(jobs.map((job) => [job, around.get(job)?.reads.filter(isDataset) ?? []] as const));
  const versionAt = await dataVersionsAt(reader, recent, [...new Set([...reads.values()].flat())], now);
  const runs = await recent.of(jobs);
  return (job, at) => ({
    inputs: (reads.get(job) ?? []).map((dataset) => ({ dataset, ...versionAt(dataset, at) })),
    lastOutputAt: lastDone(runs.get(job) ?? [], null, at)?.at ?? null,
  });
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
  const versionAt = await dataVersionsAt(reader, recent, datasets, now);
  return new Map(datasets.map((dataset) => [dataset, versionAt(dataset, null)]));
}

async function dataVersionsAt(
  reader: GraphReader,
  recent: RecentRuns,
  datasets: readonly string[],
  now: number,
): Promise<(dataset: string, at: At) => DataVersion> {
  if (datasets.length === 0) return () => UNWRITTEN;
  const [around, facets] = await Promise.all([reader.neighbours(datasets), reader.facets(datasets, ['version'])]);
  const writersOf = (dataset: string): readonly string[] => around.get(dataset)?.writers ?? [];
  const writers = [...new Set(datasets.flatMap(writersOf))];
  const [runs, flows] = await Promise.all([recent.of(writers), reader.flows(writers, now)]);
  return (dataset, at) => {
    const told = writersOf(dataset).map((job) => ({ runs: runs.get(job) ?? [], flow: flows.get(job) }));
    return versionOf(dataset, told, facets.get(dataset) ?? [], at);
  };
}

const UNWRITTEN: DataVersion = { version: null, updatedAt: null };

interface Writer {
  readonly runs: readonly Run[];
  readonly flow: Flow | undefined;
}

interface Done {
  readonly at: number;
  readonly version: string;
}

function versionOf(dataset: string, writers: readonly Writer[], facets: readonly Facet[], at: At): DataVersion {
  let latest: Done | null = null;
  for (const { runs, flow } of writers) {
    const done = flow === undefined ? lastDone(runs, dataset, at) : spoken(flow, at);
    if (done !== null && (latest === null || done.at > latest.at)) latest = done;
  }
  const [facet] = facets.filter((one) => isBy(one.at, at)).sort((a, b) => b.at - a.at);
  const said = versionIn(facet?.value);
  if (said !== null) return { version: said, updatedAt: latest?.at ?? facet?.at ?? null };
  return latest === null ? UNWRITTEN : { version: latest.version, updatedAt: latest.at };
}

const spoken = ({ lastSeen }: Flow, at: At): Done | null =>
  isBy(lastSeen, at) ? { at: lastSeen, version: String(lastSeen) } : null;

/** The run that completed last, of those that wrote the dataset; null: of those that wrote anything. */
function lastDone(runs: readonly Run[], dataset: string | null, by: At): Done | null {
  let last: Done | null = null;
  for (const { state, endedAt, lastSeen, writes, id } of runs) {
    if (state !== 'COMPLETED' || (dataset === null ? writes.length === 0 : !writes.includes(dataset))) continue;
    const at = endedAt ?? lastSeen;
    if (isBy(at, by) && (last === null || at > last.at)) last = { at, version: id };
  }
  return last;
}

const isBy = (at: number, by: At): boolean => by === null || at <= by;

function versionIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('datasetVersion' in value)) return null;
  const { datasetVersion } = value;
  return typeof datasetVersion === 'string' && datasetVersion !== '' ? datasetVersion : null;
}

const isDataset = (id: string): boolean => id.startsWith('dataset:');
