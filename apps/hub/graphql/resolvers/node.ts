import { type Asset, fieldId, parseNodeId, type Run } from '#lineage';
import type { GraphReads } from '../graph-reads.ts';
import { memberOf } from './field-members.ts';
import type { FieldNode } from './field-node.ts';
import { seenByDataset } from './seen-by-dataset.ts';

/** Was a node once: a change still speaks of it. */
export interface GoneNode {
  readonly kind: 'gone';
  readonly id: string;
}

export type Node = Asset | FieldNode | Run | GoneNode;

export function typeOfNode(node: Node): string {
  if ('runId' in node) return 'Run';
  switch (node.kind) {
    case 'dataset':
      return 'Dataset';
    case 'job':
      return 'Job';
    case 'field':
      return 'Field';
    case 'gone':
      return 'GoneNode';
  }
}

/** What an id names, in any of its spellings; null: nothing is known by it. */
export async function nodeById(id: string, reads: GraphReads): Promise<Node | null> {
  switch (id.slice(0, id.indexOf(':'))) {
    case 'dataset':
    case 'job':
      return reads.asset(id);
    case 'run':
      return (await reads.run(id))?.run ?? null;
    case 'datasetField':
      return (await fieldOfSchema(id, reads)) ?? (await fieldOfLineage(id, reads));
    default:
      return null;
  }
}

/** What is spoken of may be gone, or be no node at all, as a source. */
export const nodeOrGone = async (id: string, reads: GraphReads): Promise<Node> =>
  (await nodeById(id, reads)) ?? { kind: 'gone', id };

/** `datasetField:a:b:c:d` may be cut at several places: the first cut at which a known dataset has the field. */
async function fieldOfSchema(id: string, reads: GraphReads): Promise<FieldNode | null> {
  const cuts = fieldRefs(id);
  const datasets = await Promise.all(cuts.map(({ dataset }) => reads.asset(dataset)));
  const schemas = await Promise.all(datasets.map((dataset) => (dataset === null ? null : reads.schema(dataset.id))));
  for (const [at, { field }] of cuts.entries()) {
    const dataset = datasets[at];
    const member = memberOf(schemas[at]?.fields ?? [], field);
    if (dataset && member !== null) {
      return { kind: 'field', id: fieldId(dataset, field), dataset: dataset.id, name: field, member, seen: null };
    }
  }
  return null;
}

/** A field that no schema has, but that a job reads or writes all the same. */
async function fieldOfLineage(id: string, reads: GraphReads): Promise<FieldNode | null> {
  const { field, ...seen } = await reads.fieldEdges(id);
  if (field === null) return null;
  return { kind: 'field', ...field, member: null, seen: seenByDataset(seen).get(field.dataset) ?? null };
}

/** Parts percent-encoded, so that each id is one dataset and not one of several cuts. */
const fieldRefs = (id: string): { readonly dataset: string; readonly field: string }[] =>
  parseNodeId(id).flatMap((ref) =>
    ref.kind === 'datasetField'
      ? [{ dataset: exactAssetId('dataset', ref.namespace, ref.name), field: ref.field }]
      : [],
  );

/** An id that can be cut at one place only. */
export const exactAssetId = (kind: 'dataset' | 'job', namespace: string, name: string): string =>
  `${kind}:${encodeURIComponent(namespace)}:${encodeURIComponent(name)}`;
