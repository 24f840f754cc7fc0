import type { FastifyInstance } from 'fastify';
import type { Run } from '#lineage';
import { AssetNames } from './asset-names.ts';
import { DatasetVersions } from './dataset-versions.ts';
import { jobVersionUuid } from './job-version-uuid.ts';
import { jsonTime, jsonTimeOrNull } from './json-time.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { findRun } from './run-routes.ts';

interface UpstreamRun {
  readonly run: Run;
  readonly inputs: readonly { readonly dataset: string; readonly version: string; readonly producer: Run | null }[];
}

const MAX_RUNS = 1_000;

/**
 * `GET /runlineage/upstream`: the run, the runs that made what it read, and so on.
 *
 * ```
 * extract r1 ─▶ raw ─▶ clean r2 ─▶ orders ─▶ report r3       asked for r3: depth 0 gives r3 with its inputs,
 *                                                            depth 1 adds r2, depth 2 adds r1
 * ```
 */
export function runLineageRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/runlineage/upstream', async (request, reply) => {
    const context = marquezContext(deps, request);
    const runId = context.params.required('runId');
    const depth = Math.max(0, context.params.integer('depth', 20));
    const { found, cut } = await walk(context, await findRun(context, runId), depth);
    if (cut) void reply.header('headwater-cut', `LIMIT; runs=${MAX_RUNS}`);
    const names = await AssetNames.of(
      context.reader,
      found.flatMap(({ run, inputs }) => [run.job, ...inputs.map((input) => input.dataset)]),
    );
    return { runs: found.map((upstream) => runJson(upstream, names)) };
  });
}

/** Two calls a step. Runs of one step by job name, as Marquez orders them. */
async function walk(
  context: MarquezContext,
  start: Run,
  depth: number,
): Promise<{ readonly found: readonly UpstreamRun[]; readonly cut: boolean }> {
  const found: UpstreamRun[] = [];
  const seen = new Set([start.id]);
  let frontier: readonly Run[] = [start];
  for (let step = 0; frontier.length > 0; step++) {
    const versions = await DatasetVersions.of(
      context,
      frontier.flatMap((run) => run.reads),
    );
    const next = new Map<string, Run>();
    for (const run of frontier) {
      const inputs = run.reads.map((dataset) => {
        const version = versions.readAt(dataset, run.startedAt, run.id);
        if (version.run !== null && !seen.has(version.run.id)) next.set(version.run.id, version.run);
        return { dataset, version: version.uuid, producer: version.run };
      });
      found.push({ run, inputs });
    }
    if (step >= depth) break;
    if (found.length + next.size > MAX_RUNS) return { found, cut: true };
    for (const id of next.keys()) seen.add(id);
    frontier = [...next.values()].sort((a, b) => (a.job === b.job ? (a.id < b.id ? -1 : 1) : a.job < b.job ? -1 : 1));
  }
  return { found, cut: false };
}

function runJson({ run, inputs }: UpstreamRun, names: AssetNames): unknown {
  return {
    job: { ...names.name(run.job), version: jobVersionUuid(run.job, run) },
    run: { id: run.runId, start: jsonTime(run.startedAt), end: jsonTimeOrNull(run.endedAt), status: run.state },
    inputs: inputs.map(({ dataset, version, producer }) => ({
      ...names.name(dataset),
      version,
      producedByRunId: producer?.runId ?? null,
    })),
  };
}
