import type { FastifyRequest } from 'fastify';
import type { Change, Clock, EventLog, GraphStore, Viewer } from '#lineage';
import type { Pipeline, Replayed } from '#pipeline';
import type { RulesAtWork } from '../rules/start-rules.ts';
import type { GraphqlLimits } from './graphql-limits.ts';

/** What the hub knows of itself. */
export interface HubFacts {
  readonly role: string;
  readonly store: string;
  readonly queue: string;
  readonly durability: string;
  /** Accepted events that are not applied yet. */
  readonly backlog: number;
}

/** What the GraphQL side needs of the hub. */
export interface GraphqlDeps {
  readonly store: GraphStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly version: string;
  /** Who asks. Of a WebSocket the request is its upgrade, with the headers that `connection_init` brought. */
  viewerOf(request: FastifyRequest): Viewer;
  status(): HubFacts | Promise<HubFacts>;
  /** Called with each micro-batch's changes, in commit order. Returns its removal. */
  onChanges(listener: (changes: readonly Change[]) => void): () => void;
  replayRefusals(ids: readonly string[], viewer: Viewer): Promise<readonly Replayed[]>;
  /** What people say of names. */
  readonly merge: Pipeline['merge'];
  readonly split: Pipeline['split'];
  /** What people say of nodes and fields. */
  readonly remark: Pipeline['remark'];
  readonly removeRemark: Pipeline['removeRemark'];
  /** Absent: there are no rules here, and nothing was decided. */
  readonly rules?: RulesAtWork;
  /** Over DEFAULT_GRAPHQL_LIMITS. */
  readonly limits?: Partial<GraphqlLimits>;
  /** Default `/graphql`. */
  readonly path?: string;
}
