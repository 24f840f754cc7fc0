import type { FastifyInstance } from 'fastify';
import type { Asset, JobVersion, Page, Run, RunState } from '#lineage';
import { AssetNames } from './asset-names.ts';
import { findByPath, requireNamespace } from './find-by-path.ts';
import { jobsJson } from './job-json.ts';
import { jobVersionUuid } from './job-version-uuid.ts';
import { jsonTime } from './json-time.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import { runsJson } from './run-json.ts';

const STATES: readonly RunState[] = ['NEW', 'RUNNING', 'COMPLETED', 'FAILED', 'ABORTED', 'OTHER'];
/** The port has no offset: pages before the one asked for are read and dropped, within a 32-bit count. */
const MAX_PAGE = 2 ** 31 - 1;
const MAX_VERSIONS = 1_000;
/** Runs among which a version's latest one is looked for. */
const MAX_RUNS = 100;

/** `GET /jobs` and `/namespaces/{namespace}/jobs…`, with their runs and versions. */
export function jobRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/jobs', async (request) => jobList(marquezContext(deps, request), null));

  scope.get('/namespaces/:namespace/jobs', async (request) => {
    const context = marquezContext(deps, request);
    return jobList(context, context.params.path('namespace'));
  });

  scope.get('/namespaces/:namespace/jobs/:name', async (request) => {
    const context = marquezContext(deps, request);
    const [job] = await jobsJson(context, [await findByPath(context, 'job')]);
    return job;
  });

  scope.get('/namespaces/:namespace/jobs/:name/runs', async (request) => {
    const context = marquezContext(deps, request);
    const { limit, offset } = context.params.page();
    const job = await findByPath(context, 'job');
    const page = await runsOf(context, job, Math.min(offset + limit, MAX_PAGE));
    return { runs: await runsJson(context, page.items.slice(offset, offset + limit)), totalCount: page.total };
  });

  scope.get('/namespaces/:namespace/jobs/:name/versions', async (request) => {
    const context = marquezContext(deps, request);
    const { limit, offset } = context.params.page();
    const job = await findByPath(context, 'job');
    return {
      versions: await versionsJson(context, job, (await versionsOf(context, job)).slice(offset, offset + limit)),
    };
  });

  scope.get('/namespaces/:namespace/jobs/:name/versions/:version', async (request) => {
    const context = marquezContext(deps, request);
    const job = await findByPath(context, 'job');
    const uuid = context.params.path('version');
    const version = (await versionsOf(context, job)).find((each) => each.uuid === uuid);
    if (version === undefined) throw MarquezError.notFound('Job version', uuid);
    const [json] = await versionsJson(context, job, [version]);
    return json;
  });
}

async function jobList(context: MarquezContext, namespace: string | null): Promise<unknown> {
  const page = context.params.page();
  const states = context.params.choices('lastRunStates', STATES);
  const { items, total } =
    states.length === 0
      ? await context.reader.list({ kind: 'job', namespace, order: 'lastSeen', ...page })
      : await context.reads.jobsInState({ states, namespace, ...page });
  if (total === 0 && namespace !== null) await requireNamespace(context, namespace);
  return { totalCount: total, jobs: await jobsJson(context, items) };
}

async function runsOf({ reader }: MarquezContext, job: Asset, first: number): Promise<Page<Run>> {
  return (await reader.runs([job.id], first, null)).get(job.id) ?? { items: [], next: null, total: 0 };
}

interface NamedVersion {
  readonly uuid: string;
  readonly version: JobVersion;
  /** When the job first was so. */
  readonly since: number;
}

/**
 * Newest first. A version is what a job reads and writes (and where its code is): the graph begins one at a change of
 * SQL or code as well, and those that agree in their datasets are one here, shown as last known.
 */
async function versionsOf({ reader }: MarquezContext, job: Asset): Promise<readonly NamedVersion[]> {
  const byUuid = new Map<string, NamedVersion>();
  const versions = (await reader.jobVersions([job.id], MAX_VERSIONS)).get(job.id) ?? [];
  for (const version of [...versions].sort((a, b) => b.from - a.from)) {
    const uuid = jobVersionUuid(job.id, version);
    const newer = byUuid.get(uuid)?.version ?? version;
    byUuid.set(uuid, { uuid, version: newer, since: version.from });
  }
  return [...byUuid.values()];
}

async function versionsJson(
  context: MarquezContext,
  job: Asset,
  versions: readonly NamedVersion[],
): Promise<readonly unknown[]> {
  const [names, page] = await Promise.all([
    AssetNames.of(
      context.reader,
      versions.flatMap(({ version }) => [...version.reads, ...version.writes]),
    ),
    runsOf(context, job, MAX_RUNS),
  ]);
  const latest = new Map<string, Run>();
  for (const run of [...page.items].reverse()) latest.set(jobVersionUuid(job.id, run), run);
  const runs = versions.flatMap(({ uuid }) => latest.get(uuid) ?? []);
  const shown = await runsJson(context, runs);
  return versions.map(({ uuid, version, since }) => {
    const run = latest.get(uuid);
    return {
      id: { namespace: job.namespace, name: job.name, version: uuid },
      name: job.name,
      createdAt: jsonTime(since),
      version: uuid,
      namespace: job.namespace,
      location: version.codeLocation,
      inputs: names.names(version.reads),
      outputs: names.names(version.writes),
      latestRun: run === undefined ? null : (shown[runs.indexOf(run)] ?? null),
    };
  });
}
