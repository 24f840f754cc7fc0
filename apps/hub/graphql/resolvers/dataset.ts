import { type Asset, datasetTypeOf, type QualityCheck, type SchemaField, type Statistics } from '#lineage';
import { type Optional, pageSize } from '../check-arguments.ts';
import { type GraphqlContext, joined, type ObjectFields, objectFields } from '../object-fields.ts';
import { assetFields } from './asset.ts';
import { contractsOf } from './contracts.ts';
import { fieldsOf } from './field-node.ts';
import { freshnessOf } from './freshness.ts';
import { schemaVersions, schemaVersionTypes } from './schema-version.ts';

interface First {
  readonly first?: Optional<number>;
}

const datasetFields = objectFields<Asset>(['lifecycle'], {
  type: async ({ id, namespace }, _args, { session }) => datasetTypeOf(namespace, await session.reads.meaning(id)),
  fields: async (dataset, _args, { session }) =>
    fieldsOf(dataset, (await session.reads.schema(dataset.id))?.fields ?? []),
  merges: ({ id }, _args, { session }) => session.reads.merges(id),
  partialSchema: async ({ id }, _args, { session }) => (await session.reads.schema(id))?.partial ?? false,
  schemaVersions: (dataset, { first }: First, { session }) =>
    schemaVersions(dataset, pageSize(first, 20, session.limits), session.reads),
  freshness: (dataset, _args, { session }) => freshnessOf(dataset, session.reads),
  contracts: ({ id }, _args, { session }) => contractsOf(session, id),
  statistics: ({ id }, { first }: First, { session }) =>
    session.reads.statistics(id, pageSize(first, 20, session.limits)),
  quality: ({ id }, { first }: First, { session }) => session.reads.quality(id, pageSize(first, 20, session.limits)),
  readers: async ({ id }: Asset, _args: object, { session: { reads } }: GraphqlContext) =>
    reads.assets((await reads.neighbours(id))?.readers ?? [], 'job'),
  writers: async ({ id }: Asset, _args: object, { session: { reads } }: GraphqlContext) =>
    reads.assets((await reads.neighbours(id))?.writers ?? [], 'job'),
});

export const datasetTypes: Readonly<Record<string, ObjectFields>> = {
  Dataset: joined(assetFields, datasetFields),
  SchemaField: objectFields<SchemaField>(['name', 'type', 'description', 'fields']),
  Statistics: objectFields<Statistics>(['at', 'run', 'rows', 'bytes', 'files']),
  QualityCheck: objectFields<QualityCheck>(['at', 'assertion', 'field', 'passed', 'run']),
  ...schemaVersionTypes,
};
