import {
  type Asset,
  codeLocationOf,
  descriptionOf,
  type Facet,
  integrationOf,
  jobTypeOf,
  type Name,
  type Run,
} from '#lineage';
import { AssetNames } from './asset-names.ts';
import { tagKeys } from './dataset-json.ts';
import { derivedUuid } from './derived-uuid.ts';
import { type FacetJson, facetMap } from './facet-map.ts';
import { jobVersionUuid } from './job-version-uuid.ts';
import { jsonTime } from './json-time.ts';
import type { MarquezContext } from './marquez-context.ts';
import { type RunJson, runsJson } from './run-json.ts';

export interface JobIo {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly parents: readonly string[];
}

/** What a lineage graph's node and the job itself have in common. */
interface JobBaseJson {
  readonly id: Name;
  readonly type: 'BATCH' | 'STREAM' | 'SERVICE';
  readonly name: string;
  readonly simpleName: string;
  readonly parentJobName: string | null;
  readonly parentJobUuid: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly namespace: string;
  readonly inputs: readonly Name[];
  readonly outputs: readonly Name[];
  readonly location: string | null;
  readonly description: string | null;
  readonly latestRun: RunJson | null;
}

export interface JobNodeJson extends JobBaseJson {
  readonly currentRunUuid: string | null;
}

export interface JobJson extends JobBaseJson {
  readonly latestRuns: readonly RunJson[];
  readonly facets: FacetJson;
  readonly currentVersion: string;
  readonly labels: readonly string[];
  readonly tags: readonly string[];
}

/** Facets that `jobNode` reads. */
export const JOB_NODE_FACETS: readonly string[] = ['documentation', 'sourceCodeLocation'];
const LATEST_RUNS = 10;
const NO_IO: JobIo = { reads: [], writes: [], parents: [] };

/** Whole jobs, in the order given; eight calls, however many there are. */
export async function jobsJson(context: MarquezContext, assets: readonly Asset[]): Promise<readonly JobJson[]> {
  if (assets.length === 0) return [];
  const ids = assets.map((asset) => asset.id);
  const [neighbours, facets, recent] = await Promise.all([
    context.reader.neighbours(ids),
    context.reader.facets(ids, null),
    context.reader.recentRuns(ids, LATEST_RUNS),
  ]);
  const runs = [...recent.values()].flat();
  const [names, shown] = await Promise.all([
    AssetNames.of(
      context.reader,
      [...neighbours.values()].flatMap(({ reads, writes, parents }) => [...reads, ...writes, ...parents]),
    ),
    runsJson(context, runs),
  ]);
  const shownBy = new Map(shown.map((json, i) => [runs[i], json]));
  return assets.map((asset) => {
    const told = (facets.get(asset.id) ?? []).filter((facet) => facet.scope === 'job');
    const io = neighbours.get(asset.id) ?? NO_IO;
    const latestRuns = (recent.get(asset.id) ?? []).flatMap((run) => shownBy.get(run) ?? []);
    return {
      ...jobBase(asset, io, told, names, latestRuns[0] ?? null),
      latestRuns,
      facets: facetMap(told, 'job'),
      currentVersion: jobVersionUuid(asset.id, io),
      labels: [jobTypeOf(told), integrationOf(told)].filter((label) => label !== null),
      tags: tagKeys(told, null),
    };
  });
}

export function jobNode(
  asset: Asset,
  io: JobIo,
  told: readonly Facet[],
  names: AssetNames,
  latest: { readonly run: Run; readonly json: RunJson } | null,
): JobNodeJson {
  // In Marquez's order of keys, so that two answers can be compared by eye.
  const { id, type, name, simpleName, parentJobName, parentJobUuid, ...rest } = jobBase(
    asset,
    io,
    told,
    names,
    latest?.json ?? null,
  );
  return {
    id,
    type,
    name,
    simpleName,
    parentJobName,
    parentJobUuid,
    currentRunUuid: latest?.run.runId ?? null,
    ...rest,
  };
}

function jobBase(
  asset: Asset,
  io: JobIo,
  told: readonly Facet[],
  names: AssetNames,
  latestRun: RunJson | null,
): JobBaseJson {
  const [parent] = io.parents;
  const parentName = parent === undefined ? null : names.name(parent).name;
  return {
    id: { namespace: asset.namespace, name: asset.name },
    type: asset.processing === 'STREAMING' ? 'STREAM' : asset.processing,
    name: asset.name,
    simpleName:
      parentName !== null && asset.name.startsWith(`${parentName}.`)
        ? asset.name.slice(parentName.length + 1)
        : asset.name,
    parentJobName: parentName,
    parentJobUuid: parent === undefined ? null : derivedUuid('job', parent),
    createdAt: jsonTime(asset.firstSeen),
    updatedAt: jsonTime(asset.lastSeen),
    namespace: asset.namespace,
    inputs: names.names(io.reads),
    outputs: names.names(io.writes),
    location: codeLocationOf(told),
    description: descriptionOf(told),
    latestRun,
  };
}
