import type { FastifyInstance } from 'fastify';
import type { Asset, SchemaField, SchemaVersion } from '#lineage';
import { datasetNode, datasetsJson, fieldsJson } from './dataset-json.ts';
import { type DatasetVersion, DatasetVersions } from './dataset-versions.ts';
import { derivedUuid } from './derived-uuid.ts';
import { facetMap } from './facet-map.ts';
import { findByPath, requireNamespace } from './find-by-path.ts';
import { jsonTime } from './json-time.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import { runsJson } from './run-json.ts';

/** Versions counted and searched per writer, and schema versions looked through. */
const MAX_VERSIONS = 1_000;

/** `GET /namespaces/{namespace}/datasets…` with their versions. */
export function datasetRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/namespaces/:namespace/datasets', async (request) => {
    const context = marquezContext(deps, request);
    const namespace = context.params.path('namespace');
    const page = await context.reader.list({ kind: 'dataset', namespace, order: 'name', ...context.params.page() });
    if (page.total === 0) await requireNamespace(context, namespace);
    return { totalCount: page.total, datasets: await datasetsJson(context, page.items) };
  });

  scope.get('/namespaces/:namespace/datasets/:name', async (request) => {
    const context = marquezContext(deps, request);
    const [dataset] = await datasetsJson(context, [await findByPath(context, 'dataset')]);
    return dataset;
  });

  scope.get('/namespaces/:namespace/datasets/:name/versions', async (request) => {
    const context = marquezContext(deps, request);
    const { limit, offset } = context.params.page();
    const dataset = await findByPath(context, 'dataset');
    const versions = (await DatasetVersions.of(context, [dataset.id], MAX_VERSIONS)).all(dataset.id);
    const shown = versions.slice(offset, offset + limit);
    return { versions: await versionsJson(context, dataset, shown), totalCount: versions.length };
  });

  scope.get('/namespaces/:namespace/datasets/:name/versions/:version', async (request) => {
    const context = marquezContext(deps, request);
    const dataset = await findByPath(context, 'dataset');
    const uuid = context.params.path('version');
    const version = (await DatasetVersions.of(context, [dataset.id], MAX_VERSIONS))
      .all(dataset.id)
      .find((each) => each.uuid === uuid);
    if (version === undefined) throw MarquezError.notFound('Dataset version', uuid);
    const [json] = await versionsJson(context, dataset, [version]);
    return json;
  });
}

async function versionsJson(
  context: MarquezContext,
  dataset: Asset,
  versions: readonly DatasetVersion[],
): Promise<readonly unknown[]> {
  const writers = versions.flatMap(({ run }) => run ?? []);
  const [schemas, history, facets, runs] = await Promise.all([
    context.reader.schemas([dataset.id]),
    context.reader.schemaVersions([dataset.id], MAX_VERSIONS),
    context.reader.facets([dataset.id], null),
    runsJson(context, writers),
  ]);
  const told = facets.get(dataset.id) ?? [];
  const now = schemas.get(dataset.id);
  const {
    lastLifecycleState,
    lastModifiedAt: _,
    updatedAt: __,
    fields: ___,
    ...shared
  } = datasetNode(dataset, now, told);
  return versions.map(({ uuid, run }, i) => {
    const fields =
      run === null || (versions[0]?.uuid === uuid && i === 0)
        ? (now?.fields ?? [])
        : fieldsAt(history.get(dataset.id) ?? [], run.endedAt ?? run.lastSeen, now?.fields ?? []);
    return {
      ...shared,
      createdAt: run === null ? shared.createdAt : jsonTime(run.endedAt ?? run.startedAt),
      version: uuid,
      currentSchemaVersion: derivedUuid('schemaVersion', dataset.id, JSON.stringify(fields)),
      fields: fieldsJson(
        fields,
        told.filter((facet) => facet.scope === 'dataset'),
      ),
      lifecycleState: lastLifecycleState,
      createdByRun: run === null ? null : (runs[writers.indexOf(run)] ?? null),
      facets: facetMap(told, 'dataset'),
    };
  });
}

/** The schema that held at a time, by the best teller: who writes it, or speaks for it, over who reads it. */
function fieldsAt(
  history: readonly SchemaVersion[],
  time: number,
  otherwise: readonly SchemaField[],
): readonly SchemaField[] {
  const before = history.filter((version) => version.at <= time);
  return (before.find((version) => version.role !== 'READER') ?? before[0])?.fields ?? otherwise;
}
