import { type Asset, codeLocationOf, integrationOf, type JobVersion, jobTypeOf, type Run, sqlOf } from '#lineage';
import { type Optional, pageSize } from '../check-arguments.ts';
import { type Connection, connection } from '../connection.ts';
import { type GraphqlContext, joined, type ObjectFields, objectFields } from '../object-fields.ts';
import { assetFields } from './asset.ts';
import { flowNode } from './continuous.ts';

interface First {
  readonly first?: Optional<number>;
}

interface Paged extends First {
  readonly after?: Optional<string>;
}

const jobFields = objectFields<Asset>([], {
  processingType: ({ processing }) => processing,
  type: async ({ id }, _args, { session }) => jobTypeOf(await session.reads.meaning(id)),
  integration: async ({ id }, _args, { session }) => integrationOf(await session.reads.meaning(id)),
  sql: async ({ id }, _args, { session }) => sqlOf(await session.reads.meaning(id)),
  codeLocation: async ({ id }, _args, { session }) => codeLocationOf(await session.reads.meaning(id)),
  parent: async ({ id }: Asset, _args: object, { session: { reads } }: GraphqlContext) =>
    (await reads.assets((await reads.neighbours(id))?.parents ?? [], 'job'))[0] ?? null,
  flow: ({ id }, _args, { session }) => flowNode(id, session.reads),
  latestRun: ({ id }, _args, { session }) => session.reads.latestRun(id),
  runs: async ({ id }: Asset, { first, after }: Paged, { session: { reads, limits } }: GraphqlContext) =>
    connection(await reads.runs(id, pageSize(first, 20, limits), after ?? null)),
  versions: ({ id }, { first }: First, { session }) =>
    session.reads.jobVersions(id, pageSize(first, 20, session.limits)),
  reads: async ({ id }: Asset, _args: object, { session: { reads } }: GraphqlContext) =>
    reads.assets((await reads.neighbours(id))?.reads ?? [], 'dataset'),
  writes: async ({ id }: Asset, _args: object, { session: { reads } }: GraphqlContext) =>
    reads.assets((await reads.neighbours(id))?.writes ?? [], 'dataset'),
});

export const jobTypes: Readonly<Record<string, ObjectFields>> = {
  Job: joined(assetFields, jobFields),
  JobVersion: objectFields<JobVersion>(['id', 'from', 'to', 'reads', 'writes', 'sql', 'codeLocation']),
  RunConnection: objectFields<Connection<Run>>(['nodes', 'pageInfo']),
};
