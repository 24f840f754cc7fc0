import { type Asset, parseNodeId } from '#lineage';
import type { GraphReads } from '../graph-reads.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import { annotationsOf, type PageArgs } from './annotations.ts';
import { type Member, memberOf } from './field-members.ts';
import { type FieldNode, fieldsOf } from './field-node.ts';
import { tagsOfField } from './tags.ts';

async function located(field: FieldNode, reads: GraphReads): Promise<Member | null> {
  return field.member ?? memberOf((await reads.schema(field.dataset))?.fields ?? [], field.name);
}

/**
 * Lineage may name a field of a dataset that no event was about: such a dataset is no node, but the field is still a
 * field of it, and all that is known of it is its name and when the lineage was seen.
 */
async function datasetOf({ dataset, seen }: FieldNode, reads: GraphReads): Promise<Asset | null> {
  const known = await reads.asset(dataset);
  if (known !== null || seen === null) return known;
  const [ref] = parseNodeId(dataset);
  if (ref?.kind !== 'dataset') return null;
  return {
    ...ref,
    id: dataset,
    aliases: [],
    firstSeen: seen.first,
    lastSeen: seen.last,
    lifecycle: 'ACTIVE',
    processing: 'BATCH',
  };
}

export const fieldTypes: Readonly<Record<string, ObjectFields>> = {
  Field: objectFields<FieldNode>(['id', 'name'], {
    dataset: (field, _args, { session }) => datasetOf(field, session.reads),
    type: async (field, _args, { session }) => (await located(field, session.reads))?.field.type ?? null,
    description: async (field, _args, { session }) => (await located(field, session.reads))?.field.description ?? null,
    ordinal: async (field, _args, { session }) => (await located(field, session.reads))?.ordinal ?? null,
    tags: (field, _args, { session }) => tagsOfField(field.dataset, field.name, session.reads),
    fields: async (field: FieldNode, _args: object, { session }: GraphqlContext) => {
      const inner = (await located(field, session.reads))?.field.fields ?? [];
      const dataset = inner.length === 0 ? null : await datasetOf(field, session.reads);
      return dataset === null ? [] : fieldsOf(dataset, inner, `${field.name}.`);
    },
    annotations: (field: FieldNode, args: PageArgs, { session }: GraphqlContext) =>
      annotationsOf(field.id, { asset: field.dataset, field: field.name }, args, session),
  }),
};
