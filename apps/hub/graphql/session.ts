import type { FastifyRequest } from 'fastify';
import type { Scope, Viewer } from '#lineage';
import { GraphReads } from './graph-reads.ts';
import type { GraphqlDeps } from './graphql-deps.ts';
import { GraphqlFailure, notAvailable } from './graphql-failure.ts';
import { DEFAULT_GRAPHQL_LIMITS, type GraphqlLimits } from './graphql-limits.ts';
import { RuleReads } from './rule-reads.ts';

/** One request, or one WebSocket: who asks, and what they read. */
export class Session {
  readonly deps: GraphqlDeps;
  readonly limits: GraphqlLimits;
  readonly #request: FastifyRequest;
  readonly #keep: boolean;
  #viewer: Viewer | null = null;
  #reads: GraphReads | null = null;
  #rules: RuleReads | null = null;

  /** `keep`: a key is read once in the session's life. */
  constructor(deps: GraphqlDeps, request: FastifyRequest, keep: boolean) {
    this.deps = deps;
    this.limits = { ...DEFAULT_GRAPHQL_LIMITS, ...deps.limits };
    this.#request = request;
    this.#keep = keep;
  }

  /** Found when first asked for: a WebSocket's key comes in `connection_init`, after its session was made. */
  get viewer(): Viewer {
    this.#viewer ??= viewerOf(this.deps, this.#request);
    return this.#viewer;
  }

  get reads(): GraphReads {
    const { store, log, clock } = this.deps;
    this.#reads ??= new GraphReads(store.reader(this.viewer), log, () => clock.now(), this.#keep);
    return this.#reads;
  }

  /** null: there are no rules here. */
  get rules(): RuleReads | null {
    const { rules } = this.deps;
    if (rules === undefined) return null;
    this.#rules ??= new RuleReads(rules, this.#keep);
    return this.#rules;
  }

  requireRules(what: string): RuleReads {
    if (this.rules === null) throw notAvailable(what);
    return this.rules;
  }

  require(scope: Scope): void {
    const { name, scopes } = this.viewer;
    if (scopes.has(scope)) return;
    throw new GraphqlFailure('FORBIDDEN', `${name} lacks the scope ${scope}: use a key that has it, or have it added`);
  }
}

/** Who is nobody is told so with a code: on a WebSocket there is no status to tell it. */
function viewerOf(deps: GraphqlDeps, request: FastifyRequest): Viewer {
  try {
    return deps.viewerOf(request);
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 401)) throw error;
    throw new GraphqlFailure('UNAUTHENTICATED', error.message);
  }
}
