import type { FastifyInstance } from 'fastify';
import { type ColumnLineage, fieldId, type SchemaField } from '#lineage';
import { AssetNames } from './asset-names.ts';
import { DatasetVersions } from './dataset-versions.ts';
import { findNode } from './find-node.ts';
import { byTarget, inputFields } from './input-fields.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

const MAX_FIELDS = 10_000;

/** `GET /column-lineage`: of a field, of all fields of a dataset, or of all that a job writes. */
export function columnLineageRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/column-lineage', async (request, reply) => {
    const context = marquezContext(deps, request);
    const nodeId = context.params.required('nodeId');
    const depth = Math.max(1, context.params.integer('depth', 20));
    const withDownstream = context.params.flag('withDownstream');
    const { of, field } = await startOf(context, nodeId, withDownstream);
    if (of.length === 0) return { graph: [] };
    const direction = withDownstream ? 'BOTH' : 'UPSTREAM';
    const lineage = await context.reader.columnLineage({ of, direction, depth, limit: MAX_FIELDS, asOf: null });
    if (lineage.cut.some((cut) => cut.why === 'LIMIT'))
      void reply.header('headwater-cut', `LIMIT; fields=${MAX_FIELDS}`);
    const graph = await graphJson(context, lineage);
    if (graph.length === 0 && field !== null && !(await isInSchema(context, field))) throw MarquezError.unknownNode();
    return { graph };
  });
}

interface Start {
  readonly of: readonly string[];
  /** Set when a single field was asked for: a field without lineage is known only by its dataset's schema. */
  readonly field: { readonly dataset: string; readonly name: string } | null;
}

async function startOf({ reader }: MarquezContext, nodeId: string, withDownstream: boolean): Promise<Start> {
  const found = await findNode(reader, nodeId);
  if (found === null) throw MarquezError.unknownNode();
  if (found.versioned && withDownstream) {
    throw MarquezError.invalid('Node version cannot be specified when withDownstream is true');
  }
  if (found.kind === 'field') {
    return { of: [fieldId(found.dataset, found.field)], field: { dataset: found.dataset.id, name: found.field } };
  }
  const { asset } = found;
  if (asset.kind === 'dataset') return { of: [asset.id], field: null };
  return { of: (await reader.neighbours([asset.id])).get(asset.id)?.writes ?? [], field: null };
}

/** Fields without an edge, and effects on or of a whole dataset, have no place in Marquez's graph. */
async function graphJson(context: MarquezContext, lineage: ColumnLineage): Promise<readonly unknown[]> {
  const fields = new Map(lineage.fields.map((field) => [field.id, field]));
  const edges = lineage.edges.filter((edge) => fields.has(edge.from) && fields.has(edge.to));
  const linked = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const datasets = [...new Set(lineage.fields.map((field) => field.dataset))];
  if (linked.size === 0) return [];
  const [names, schemas, versions] = await Promise.all([
    AssetNames.of(context.reader, datasets),
    context.reader.schemas(datasets),
    DatasetVersions.of(context, datasets),
  ]);
  const into = byTarget(edges);
  const outOf = targetsBySource(edges);
  return lineage.fields
    .filter((field) => linked.has(field.id))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((field) => {
      const { namespace, name } = names.name(field.dataset);
      const { inputs, transformation } = inputFields(into.get(field.id) ?? [], fields, names, versions);
      const sources = [...new Set((into.get(field.id) ?? []).map((edge) => edge.from))].sort();
      return {
        id: field.id,
        type: 'DATASET_FIELD',
        data: {
          namespace,
          dataset: name,
          datasetVersion: versions.current(field.dataset).uuid,
          field: field.name,
          fieldType: typeOf(schemas.get(field.dataset)?.fields ?? [], field.name) ?? '',
          ...transformation,
          inputFields: inputs,
        },
        // Backwards, as Marquez has them: its own web client walks `inEdges[].destination` upstream.
        inEdges: sources.map((source) => ({ origin: field.id, destination: source })),
        outEdges: [...(outOf.get(field.id) ?? [])].sort().map((target) => ({ origin: field.id, destination: target })),
      };
    });
}

function targetsBySource(edges: ColumnLineage['edges']): ReadonlyMap<string, ReadonlySet<string>> {
  const outOf = new Map<string, Set<string>>();
  for (const edge of edges) {
    const held = outOf.get(edge.from);
    if (held === undefined) outOf.set(edge.from, new Set([edge.to]));
    else held.add(edge.to);
  }
  return outOf;
}

async function isInSchema(
  { reader }: MarquezContext,
  field: { readonly dataset: string; readonly name: string },
): Promise<boolean> {
  const schema = (await reader.schemas([field.dataset])).get(field.dataset);
  return find(schema?.fields ?? [], field.name) !== null;
}

function typeOf(fields: readonly SchemaField[], path: string): string | null {
  return find(fields, path)?.type ?? null;
}

/** A field by name; a nested one by dotted path, though a name may itself hold dots. */
function find(fields: readonly SchemaField[], path: string): SchemaField | null {
  for (const field of fields) {
    if (field.name === path) return field;
    if (path.startsWith(`${field.name}.`)) {
      const nested = find(field.fields, path.slice(field.name.length + 1));
      if (nested !== null) return nested;
    }
  }
  return null;
}
