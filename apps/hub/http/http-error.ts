import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { CODE_OF_STATUS } from '../graphql/code-of-status.ts';
import { AWAY_RETRY_AFTER, graphAwayMessage, graphAwayReason } from '../storage/graph-away.ts';

/** An answer that is no success, in the API's one error shape. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  readonly errors: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    message: string,
    options: { readonly errors?: readonly string[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.statusCode = statusCode;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

/**
 * `{"code","message"}`, with `errors` beside them for validation: both of the shapes that clients of Marquez read. At the
 * GraphQL endpoint `errors` are GraphQL's.
 */
export function sendHttpError(reply: FastifyReply, error: HttpError, graphql = false): FastifyReply {
  const { statusCode, message } = error;
  const extensions = { code: CODE_OF_STATUS[statusCode] ?? 'BAD_REQUEST' };
  const errors = graphql ? [{ message, extensions }] : error.errors;
  const body = { code: statusCode, message, ...(errors.length > 0 ? { errors } : {}) };
  return reply.code(statusCode).headers(error.headers).type('application/json; charset=utf-8').send(body);
}

/**
 * Any thrown thing as an answer. What the framework refused (a malformed URL, a body of no known type) keeps its status;
 * what nobody planned is logged under an id and tells the caller no more than that.
 */
export function asHttpError(thrown: unknown, logger: Logger, requestId: string): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const status = statusOf(thrown);
  if (status !== null && status >= 400 && status < 500) {
    return new HttpError(status, thrown instanceof Error ? thrown.message : `HTTP ${status}`);
  }
  const away = graphAwayReason(thrown);
  if (away !== null)
    return new HttpError(503, graphAwayMessage(away), { headers: { 'retry-after': AWAY_RETRY_AFTER } });
  logger.error({ err: thrown, request: requestId }, 'a request failed for a reason that nobody planned');
  return new HttpError(500, `There was an error processing your request. It has been logged (ID ${requestId}).`);
}

/** Fastify's errors carry `statusCode`, Nest's exceptions answer `getStatus()`. */
function statusOf(thrown: unknown): number | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  if ('statusCode' in thrown && typeof thrown.statusCode === 'number') return thrown.statusCode;
  if ('getStatus' in thrown && typeof thrown.getStatus === 'function') {
    const status: unknown = thrown.getStatus();
    return typeof status === 'number' ? status : null;
  }
  return null;
}
