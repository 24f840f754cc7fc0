import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql/index.js';
import { graphAwayMessage, graphAwayReason } from '../storage/graph-away.ts';
import { CODE_OF_STATUS } from './code-of-status.ts';

/** What mercurius hands to its error formatter: an execution, or only errors when nothing was executed. */
export interface Failed {
  readonly data?: Record<string, unknown> | null;
  readonly errors: readonly Error[];
}

export interface FormattedFailure {
  readonly statusCode: number;
  readonly response: {
    readonly data?: Record<string, unknown> | null;
    readonly errors: readonly GraphQLFormattedError[];
  };
}

/**
 * Every error carries `extensions.code`. What the caller did wrong is told as it is; what went wrong in the hub is
 * logged, and told without the details, which may hold names that the caller may not see.
 *
 * An operation that was executed is answered with 200, whatever became of its fields; one that was not, with a 4xx.
 */
export function formatErrors(failed: Failed, log: FastifyBaseLogger): FormattedFailure {
  const told = failed.errors.flatMap(severalIn).map((error) => tell(error, log));
  const errors = told.map(({ error }) => error);
  if ('data' in failed) return { statusCode: 200, response: { data: failed.data ?? null, errors } };
  return { statusCode: told[0]?.status ?? 500, response: { errors } };
}

interface Told {
  readonly status: number;
  readonly error: GraphQLFormattedError;
}

function tell(error: Error, log: FastifyBaseLogger): Told {
  const cause = error instanceof GraphQLError ? (error.originalError ?? null) : error;
  const away = graphAwayReason(cause);
  const { code, status } = away === null ? codeOf(error, cause) : { code: 'UNAVAILABLE', status: 503 };
  if (code === 'INTERNAL_SERVER_ERROR') log.error({ err: cause ?? error }, 'a GraphQL field failed');
  const message = away === null ? said(code, error, cause) : graphAwayMessage(away);
  const at = error instanceof GraphQLError ? { locations: error.locations, path: error.path } : {};
  return {
    status,
    error: {
      message,
      ...(at.locations === undefined ? {} : { locations: at.locations }),
      ...(at.path === undefined ? {} : { path: at.path }),
      extensions: { code },
    },
  };
}

const said = (code: string, error: Error, cause: Error | null): string =>
  code === 'INTERNAL_SERVER_ERROR' ? 'the hub failed to answer this; its log says why' : messageOf(error, cause);

interface Code {
  readonly code: string;
  readonly status: number;
}

function codeOf(error: Error, cause: Error | null): Code {
  const said =
    text(property(property(error, 'extensions'), 'code')) ?? text(property(property(cause, 'extensions'), 'code'));
  const status = property(cause, 'statusCode');
  if (said !== null) return { code: said, status: typeof status === 'number' ? status : 400 };
  if (text(property(cause, 'code')) === 'MER_ERR_GQL_QUERY_DEPTH') return { code: 'QUERY_TOO_COSTLY', status: 400 };
  if (error.message.startsWith('Syntax Error')) return { code: 'GRAPHQL_PARSE_FAILED', status: 400 };
  if (error.message.startsWith('Variable "')) return { code: 'BAD_USER_INPUT', status: 400 };
  if (typeof status === 'number' && CODE_OF_STATUS[status] !== undefined)
    return { code: CODE_OF_STATUS[status], status };
  // Rules of GraphQL give errors of their own, without a path; an error inside an execution has one.
  const invalid = error instanceof GraphQLError && cause === null && error.path === undefined;
  return invalid ? { code: 'GRAPHQL_VALIDATION_FAILED', status: 400 } : { code: 'INTERNAL_SERVER_ERROR', status: 500 };
}

/** A compiled query's variables fail without what their scalar had to say: it is in the cause. */
function messageOf(error: Error, cause: Error | null): string {
  const more = cause === null || error.message.includes(cause.message) ? '' : ` ${cause.message}`;
  return error.message + more;
}

/** mercurius wraps what is wrong with a document in one error; what it wraps without a code of its own adds nothing. */
function severalIn(error: Error): readonly Error[] {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  const inner = property(cause, 'errors');
  const several = Array.isArray(inner) ? inner.filter((one) => one instanceof GraphQLError || hasCode(one)) : [];
  return several.length === 0 ? [error] : several;
}

const hasCode = (error: unknown): boolean => error instanceof Error && text(property(error, 'code')) !== null;

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
