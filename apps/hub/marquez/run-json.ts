import type { Run } from '#lineage';
import { AssetNames } from './asset-names.ts';
import { DatasetVersions } from './dataset-versions.ts';
import { type FacetJson, facetMap } from './facet-map.ts';
import { jobVersionUuid } from './job-version-uuid.ts';
import { jsonTime, jsonTimeOrNull } from './json-time.ts';
import type { MarquezContext } from './marquez-context.ts';

interface VersionJson {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

interface DatasetVersionJson {
  readonly datasetVersionId: VersionJson;
  readonly facets: FacetJson;
}

export interface RunJson {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly nominalStartTime: string | null;
  readonly nominalEndTime: string | null;
  readonly state: Run['state'];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly args: Readonly<Record<string, string>>;
  readonly jobVersion: VersionJson | null;
  readonly inputDatasetVersions: readonly DatasetVersionJson[];
  readonly outputDatasetVersions: readonly DatasetVersionJson[];
  readonly facets: FacetJson;
}

/** Runs with their facets and dataset versions, in the order given; four calls, however many runs. */
export async function runsJson(context: MarquezContext, runs: readonly Run[]): Promise<readonly RunJson[]> {
  if (runs.length === 0) return [];
  const [facets, names, versions] = await Promise.all([
    context.reader.runFacets(
      runs.map((run) => run.id),
      null,
    ),
    AssetNames.of(
      context.reader,
      runs.flatMap((run) => [run.job, ...(run.parent === null ? [] : [run.parent.job]), ...run.reads, ...run.writes]),
    ),
    DatasetVersions.of(
      context,
      runs.flatMap((run) => run.reads),
    ),
  ]);
  return runs.map((run) => ({
    ...plainRun(run, names),
    inputDatasetVersions: run.reads.map((id) => versionOf(names, id, versions.readAt(id, run.startedAt, run.id).uuid)),
    outputDatasetVersions: run.writes.map((id) => versionOf(names, id, DatasetVersions.writtenBy(id, run).uuid)),
    facets: facetMap(facets.get(run.id), 'run'),
  }));
}

/** A run as Marquez shows it on the nodes of a lineage graph: without facets and dataset versions. */
export function plainRun(run: Run, names: AssetNames): RunJson {
  return {
    id: run.runId,
    createdAt: jsonTime(run.startedAt),
    updatedAt: jsonTime(run.lastSeen),
    nominalStartTime: jsonTimeOrNull(run.nominalStart),
    nominalEndTime: jsonTimeOrNull(run.nominalEnd),
    state: run.state,
    startedAt: jsonTime(run.startedAt),
    endedAt: jsonTimeOrNull(run.endedAt),
    durationMs: run.endedAt === null ? null : run.endedAt - run.startedAt,
    args: argsOf(run, names),
    jobVersion:
      run.reads.length + run.writes.length === 0
        ? null
        : { ...names.name(run.job), version: jobVersionUuid(run.job, run) },
    inputDatasetVersions: [],
    outputDatasetVersions: [],
    facets: {},
  };
}

/** Marquez keeps the nominal times, and the parent, a second time as texts. */
function argsOf(run: Run, names: AssetNames): Readonly<Record<string, string>> {
  const parent = run.parent === null ? {} : { run_id: run.parent.runId, ...parentName(names, run.parent.job) };
  return {
    ...(run.nominalStart === null ? {} : { nominal_start_time: jsonTime(run.nominalStart) }),
    ...(run.nominalEnd === null ? {} : { nominal_end_time: jsonTime(run.nominalEnd) }),
    ...parent,
  };
}

function parentName(names: AssetNames, job: string): Readonly<Record<string, string>> {
  const { namespace, name } = names.name(job);
  return { name, namespace };
}

function versionOf(names: AssetNames, dataset: string, version: string): DatasetVersionJson {
  return { datasetVersionId: { ...names.name(dataset), version }, facets: {} };
}
