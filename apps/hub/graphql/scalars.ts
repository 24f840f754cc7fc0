import { GraphQLError, type GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql/index.js';
import { parseInstant } from '#lineage';

type Scalar = Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>;

/** What RFC 3339 asks for and looser readers let pass: seconds and a zone. */
const STRICT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch inside, RFC 3339 in UTC with milliseconds outside. */
export const dateTime: Scalar = {
  serialize(value) {
    if (typeof value !== 'number') throw new TypeError(`a DateTime is made of milliseconds, not of ${typeof value}`);
    return new Date(value).toISOString();
  },
  parseValue: readDateTime,
  parseLiteral(node) {
    return readDateTime(node.kind === Kind.STRING ? node.value : node.kind);
  },
};

function readDateTime(value: unknown): number {
  const ms = typeof value === 'string' && STRICT.test(value) ? parseInstant(value) : null;
  if (ms !== null) return ms;
  throw new GraphQLError(`${JSON.stringify(value)} is no DateTime: write it as 2026-01-31T08:00:00.000Z`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

export const json: Scalar = {
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
};
