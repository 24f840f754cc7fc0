import type { FastifyInstance } from 'fastify';
import type { Asset } from '#lineage';
import { AssetNames } from './asset-names.ts';
import { DATASET_NODE_FACETS, datasetNode } from './dataset-json.ts';
import { findNode, namedBy } from './find-node.ts';
import { JOB_NODE_FACETS, type JobIo, jobNode } from './job-json.ts';
import { type LineageWalk, lineageWalk } from './lineage-walk.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import { plainRun } from './run-json.ts';

interface EdgeJson {
  readonly origin: string;
  readonly destination: string;
}

/** More nodes than this and the answer says that it is cut: a browser draws no larger graph, and memory is finite. */
const MAX_NODES = 10_000;

/** `GET /lineage`. */
export function lineageRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/lineage', async (request, reply) => {
    const context = marquezContext(deps, request);
    const nodeId = context.params.required('nodeId');
    const depth = Math.max(0, context.params.integer('depth', 20));
    const start = await startOf(context, nodeId);
    const walk = await lineageWalk(context.reader, start, depth, MAX_NODES);
    if (walk.cut) void reply.header('headwater-cut', `LIMIT; nodes=${MAX_NODES}`);
    return { graph: await graphJson(context, walk) };
  });
}

async function startOf(context: MarquezContext, nodeId: string): Promise<Asset> {
  const found = await findNode(context.reader, nodeId);
  if (found?.kind === 'field') throw new MarquezError(404, `Node '${nodeId}' must be of type dataset or job!`);
  if (found !== null) return found.asset;
  const { kind, name } = namedBy(nodeId);
  throw MarquezError.notFound(kind, name);
}

async function graphJson({ reader }: MarquezContext, walk: LineageWalk): Promise<readonly unknown[]> {
  const jobs = [...walk.jobs.keys()];
  const datasets = [...walk.datasets];
  const ids = [...jobs, ...datasets];
  const parents = [...walk.jobs.values()].flatMap((io) => io.parents);
  const [assets, schemas, facets, runs] = await Promise.all([
    reader.assets(ids),
    reader.schemas(datasets),
    reader.facets(ids, [...new Set([...JOB_NODE_FACETS, ...DATASET_NODE_FACETS])]),
    reader.latestRuns(jobs),
  ]);
  const nodes = assets.filter((asset) => asset !== null);
  const named = [...parents, ...[...runs.values()].flatMap((run) => run.parent?.job ?? [])];
  const names = await AssetNames.of(reader, named, nodes);
  const edges = edgesOf(walk.jobs);
  return nodes
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((asset) => {
      const told = facets.get(asset.id) ?? [];
      const run = runs.get(asset.id);
      const io = walk.jobs.get(asset.id);
      const data =
        io === undefined
          ? datasetNode(asset, schemas.get(asset.id), told)
          : jobNode(asset, io, told, names, run === undefined ? null : { run, json: plainRun(run, names) });
      return {
        id: asset.id,
        type: asset.kind === 'job' ? 'JOB' : 'DATASET',
        data,
        inEdges: edges.into.get(asset.id) ?? [],
        outEdges: edges.outOf.get(asset.id) ?? [],
      };
    });
}

/** Every edge of the jobs found, listed at both of its ends, by the id of the other end. */
function edgesOf(jobs: ReadonlyMap<string, JobIo>): {
  readonly into: ReadonlyMap<string, readonly EdgeJson[]>;
  readonly outOf: ReadonlyMap<string, readonly EdgeJson[]>;
} {
  const into = new Map<string, EdgeJson[]>();
  const outOf = new Map<string, EdgeJson[]>();
  const add = (origin: string, destination: string) => {
    const edge = { origin, destination };
    append(outOf, origin, edge);
    append(into, destination, edge);
  };
  for (const [job, { reads, writes }] of [...jobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const dataset of [...reads].sort()) add(dataset, job);
    for (const dataset of [...writes].sort()) add(job, dataset);
  }
  return { into, outOf };
}

function append(lists: Map<string, EdgeJson[]>, id: string, edge: EdgeJson): void {
  const held = lists.get(id);
  if (held === undefined) lists.set(id, [edge]);
  else held.push(edge);
}
