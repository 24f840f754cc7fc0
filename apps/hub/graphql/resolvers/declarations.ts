import type { GraphQLScalarType } from 'graphql/index.js';
import { joined, type ObjectFields } from '../object-fields.ts';
import { dateTime, json } from '../scalars.ts';
import { annotationMutation, annotationQuery, annotationTypes } from './annotations.ts';
import { assetQuery, searchTypes } from './asset.ts';
import { continuousTypes, flowSubscription } from './continuous.ts';
import { datasetTypes } from './dataset.ts';
import { fieldTypes } from './field.ts';
import { freshnessTypes } from './freshness.ts';
import { changeTypes, hubMutation, hubQuery, hubSubscription } from './hub.ts';
import { jobTypes } from './job.ts';
import { edgeTypes, lineageQuery } from './lineage.ts';
import { mergeMutation, mergeTypes } from './merges.ts';
import { typeOfNode } from './node.ts';
import { rulesMutation, rulesQuery, rulesSubscription, rulesTypes } from './rules.ts';
import { runTypes } from './run.ts';

/** Everything that gives the schema its values. `checkCompleteness` compares it with graphql/schema at boot. */
export interface Declarations {
  readonly objects: Readonly<Record<string, ObjectFields>>;
  /** The type of a source, for interfaces and unions. */
  readonly abstract: Readonly<Record<string, (source: never) => string>>;
  readonly scalars: Readonly<Record<string, Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>>>;
}

export const declarations: Declarations = {
  objects: {
    Query: joined(hubQuery, assetQuery, lineageQuery, annotationQuery, rulesQuery),
    Mutation: joined(hubMutation, mergeMutation, annotationMutation, rulesMutation),
    Subscription: joined(hubSubscription, flowSubscription, rulesSubscription),
    ...searchTypes,
    ...datasetTypes,
    ...fieldTypes,
    ...jobTypes,
    ...runTypes,
    ...edgeTypes,
    ...continuousTypes,
    ...freshnessTypes,
    ...changeTypes,
    ...mergeTypes,
    ...annotationTypes,
    ...rulesTypes,
  },
  abstract: {
    Node: typeOfNode,
    Asset: typeOfNode,
    AnyEdge: (edge: { kind?: string }) => (edge.kind === undefined ? 'ColumnEdge' : 'LineageEdge'),
  },
  scalars: { DateTime: dateTime, JSON: json },
};
