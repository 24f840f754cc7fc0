import type { GraphQLResolveInfo } from 'graphql/index.js';
import type { Session } from './session.ts';

export interface GraphqlContext {
  readonly session: Session;
}

/** Erased: the schema's own types decide at run time; `objectFields` checks them where they are written. */
export type FieldResolver = (source: never, args: never, context: GraphqlContext, info: GraphQLResolveInfo) => unknown;

/** How the fields of one object type get their values. */
export interface ObjectFields {
  /** Fields that are a property of their source. */
  readonly plain: readonly string[];
  readonly resolve: Readonly<Record<string, FieldResolver>>;
  /** Fields of Subscription. */
  readonly subscribe: Readonly<Record<string, FieldResolver>>;
}

/** Declares the fields of a type whose source is a `Source`: a plain field that the source lacks doesn't compile. */
export function objectFields<Source>(
  plain: readonly (keyof Source & string)[],
  resolve: Readonly<
    Record<string, (source: Source, args: never, context: GraphqlContext, info: GraphQLResolveInfo) => unknown>
  > = {},
): ObjectFields {
  return { plain, resolve, subscribe: {} };
}

/** Joins declarations of one type that several files make. */
export const joined = (...parts: readonly ObjectFields[]): ObjectFields => ({
  plain: parts.flatMap(({ plain }) => plain),
  resolve: Object.assign({}, ...parts.map(({ resolve }) => resolve)),
  subscribe: Object.assign({}, ...parts.map(({ subscribe }) => subscribe)),
});
