import type { FastifyInstance } from 'fastify';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Location,
  parse,
  specifiedRules,
  validate,
} from 'graphql/index.js';
import { GraphqlFailure } from './graphql-failure.ts';
import type { GraphqlLimits } from './graphql-limits.ts';
import type { GraphqlContext } from './object-fields.ts';
import { queryCost } from './query-cost.ts';

/**
 * A document as JSON. The engine takes the parsed form too, where neither the limit of tokens nor the parser's own
 * checks hold. No GraphQL document begins like this.
 */
const PARSED_DOCUMENT = /^\s*(?:\{\s*["}]|[["\-0-9]|(?:true|false|null)\s*$)/;

/** Puts the checks that mercurius lacks before each operation. */
export function guardOperations(app: FastifyInstance, limits: GraphqlLimits): void {
  app.graphql.addHook('preParsing', async (_schema, source) => {
    if (PARSED_DOCUMENT.test(source)) {
      throw new GraphqlFailure('GRAPHQL_PARSE_FAILED', 'the query is no GraphQL document but JSON: send its text');
    }
  });

  app.graphql.addHook<GraphqlContext & { operationName?: string }>(
    'preExecution',
    async (schema, document, context, variables) => {
      context.session.require('read');
      checkCost(schema, document, variables ?? {}, limits);
      // The engine keeps one compiled operation for a text, whichever of its operations is asked for next.
      return operationsIn(document) > 1 ? { document } : {};
    },
  );

  // On a WebSocket the engine neither limits tokens nor validates.
  app.graphql.addHook('preSubscriptionParsing', async (_schema, source) => {
    try {
      parse(source, { maxTokens: limits.tokens });
    } catch (error) {
      throw new GraphqlFailure('GRAPHQL_PARSE_FAILED', error instanceof Error ? error.message : String(error));
    }
  });
  app.graphql.addHook('preSubscriptionExecution', async (schema, document) => {
    if (!(document.loc instanceof Location)) {
      throw new GraphqlFailure('GRAPHQL_PARSE_FAILED', 'the query is no GraphQL document but JSON: send its text');
    }
    const [error] = validate(schema, document, specifiedRules, { maxErrors: 1 });
    if (error !== undefined) {
      const { message, nodes } = error;
      throw new GraphQLError(message, { nodes: nodes ?? null, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    }
    checkCost(schema, document, {}, limits);
  });
}

const operationsIn = ({ definitions }: DocumentNode): number =>
  definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;

/** The costliest of the document's operations counts: which one is asked for is not known here. */
function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  limits: GraphqlLimits,
): void {
  const cost = queryCost(schema, document, null, variables);
  if (cost <= limits.cost) return;
  throw new GraphqlFailure(
    'QUERY_TOO_COSTLY',
    `the query may bring back ${cost} values, at most ${limits.cost} are allowed: ask for fewer fields, or give a smaller \`first\` or \`limit\``,
  );
}
