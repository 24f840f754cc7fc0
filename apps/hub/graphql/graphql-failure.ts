export type FailureCode =
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED'
  | 'NOT_AVAILABLE'
  | 'QUERY_TOO_COSTLY'
  | 'GRAPHQL_PARSE_FAILED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'FELL_BEHIND'
  | 'UNAVAILABLE';

const STATUS: Readonly<Record<FailureCode, number>> = {
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  FORBIDDEN: 403,
  UNAUTHENTICATED: 401,
  NOT_AVAILABLE: 501,
  QUERY_TOO_COSTLY: 400,
  GRAPHQL_PARSE_FAILED: 400,
  UNSUPPORTED_MEDIA_TYPE: 415,
  FELL_BEHIND: 503,
  UNAVAILABLE: 503,
};

/** An answer that the caller is meant to read: what was wrong, where, what to do. Anything else that is thrown is ours. */
export class GraphqlFailure extends Error {
  override readonly name = 'GraphqlFailure';
  readonly extensions: { readonly code: FailureCode };
  /** Counts only where nothing was executed; an executed operation is answered with 200. */
  readonly statusCode: number;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.extensions = { code };
    this.statusCode = STATUS[code];
  }
}

export const badInput = (message: string): GraphqlFailure => new GraphqlFailure('BAD_USER_INPUT', message);

/** For what the schema promises and this version doesn't do yet. */
export const notAvailable = (what: string): GraphqlFailure =>
  new GraphqlFailure(
    'NOT_AVAILABLE',
    `${what} are not here: this version, or this hub, does not have them. Nothing was changed.`,
  );
