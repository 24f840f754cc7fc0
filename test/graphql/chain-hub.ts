/** GraphQL over a graph by hand, a chain of jobs and datasets, which counts what is asked of it. */
import Fastify, { type FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import {
  ALL_SCOPES,
  type Asset,
  type Change,
  type Edge,
  type EventLog,
  type Facet,
  type GraphReader,
  type GraphStore,
  type LoggedEvent,
  type Refusal,
  type Run,
  type Viewer,
} from '#lineage';
import type { GraphqlDeps } from '../../apps/hub/graphql/graphql-deps.ts';
import { registerGraphql } from '../../apps/hub/graphql/register-graphql.ts';

export const T = Date.UTC(2026, 0, 1);
const dataset = (name: string): Asset => ({
  id: `dataset:n:${name}`,
  kind: 'dataset',
  namespace: 'n',
  name,
  aliases: [],
  firstSeen: T,
  lastSeen: T + 1,
  lifecycle: 'ACTIVE',
  processing: 'BATCH',
});
const job = (name: string): Asset => ({ ...dataset(name), id: `job:n:${name}`, kind: 'job' });
const facet = (name: string, value: unknown): Facet => ({
  scope: 'dataset',
  name,
  source: 's',
  producer: 'https://p',
  schemaURL: null,
  at: T,
  value,
});
const run = (id: string, of: string): Run => ({
  id: `run:${id}`,
  runId: id,
  job: of,
  state: 'COMPLETED',
  processing: 'BATCH',
  nominalStart: null,
  nominalEnd: null,
  startedAt: T,
  endedAt: T + 1500,
  lastSeen: T + 1500,
  parent: null,
  root: null,
  error: null,
  reads: ['dataset:n:d0'],
  writes: [],
});
const event: LoggedEvent = {
  position: 7,
  receivedAt: T,
  hash: 'h1',
  body: '{"eventType":"START","eventTime":"2026-01-01T00:00:00Z","producer":"https://p"}',
};

/** A chain of 50 datasets and 50 jobs, d0 → j0 → d1 → j1 …: only what these tests read of it. */
class ChainReader implements Partial<GraphReader> {
  readonly calls: string[] = [];
  readonly #nodes = Array.from({ length: 100 }, (_, n) =>
    n % 2 === 0 ? dataset(`d${n / 2}`) : job(`j${(n - 1) / 2}`),
  );
  readonly #byId = new Map(this.#nodes.map((node) => [node.id, node]));

  async resolve(ids: readonly string[]) {
    this.calls.push('resolve');
    return ids.map((id) => this.#byId.get(decodeURIComponent(id))?.id ?? null);
  }
  async assets(ids: readonly string[]) {
    this.calls.push('assets');
    return ids.map((id) => this.#byId.get(decodeURIComponent(id)) ?? null);
  }
  async facets(ids: readonly string[], names: readonly string[] | null) {
    this.calls.push(`facets ${names === null ? 'all' : names.length}`);
    const all = [
      facet('tags', { tags: [{ key: 'pii', field: 'id' }, { key: 'gold' }] }),
      facet('ownership', { owners: [{ name: 'ann' }] }),
    ];
    return new Map(ids.map((id) => [id, all.filter(({ name }) => names?.includes(name) !== false)]));
  }
  async schemas(ids: readonly string[]) {
    this.calls.push('schemas');
    const city = { name: 'city', type: 'text', description: null, fields: [] };
    const fields = [
      { name: 'id', type: 'int', description: 'key', fields: [] },
      { name: 'address', type: 'struct', description: null, fields: [city] },
    ];
    return new Map(ids.map((id) => [id, { fields, partial: false }]));
  }
  async neighbours(ids: readonly string[]) {
    this.calls.push('neighbours');
    const none = { readers: [], writers: [], reads: [], writes: [], parents: [] };
    return new Map(
      ids.map((id) => {
        const at = this.#nodes.findIndex((node) => node.id === id);
        const before = this.#nodes.slice(Math.max(at - 1, 0), at).map((node) => node.id);
        const after = this.#nodes.slice(at + 1, at + 2).map((node) => node.id);
        return [
          id,
          id.startsWith('job')
            ? { ...none, reads: before, writes: after }
            : { ...none, writers: before, readers: after },
        ];
      }),
    );
  }
  async recentRuns(ids: readonly string[]) {
    this.calls.push('recentRuns');
    return new Map(ids.map((id) => [id, [run(id, id)]]));
  }
  async latestRuns(ids: readonly string[]) {
    this.calls.push('latestRuns');
    return new Map(ids.map((id) => [id, run(id, id)]));
  }
  async lineage() {
    this.calls.push('lineage');
    const edges = this.#nodes.slice(1).map((to, n): Edge => {
      const from = this.#nodes[n]?.id ?? '';
      return {
        id: `edge:${n}`,
        kind: from.startsWith('job') ? 'WRITES' : 'READS',
        from,
        to: to.id,
        current: true,
        intervals: [{ from: T, to: null }],
        evidence: (['POSSIBLE', 'CERTAIN'] as const).map((confidence) => ({
          source: 's',
          how: 'OBSERVED',
          confidence,
          firstSeen: T,
          lastSeen: T + 5,
          firstEvent: 'h1',
          lastEvent: n === 0 ? 'h1' : 'taken',
        })),
      };
    });
    return { nodes: this.#nodes, edges, cut: [{ at: 'dataset:n:d0', why: 'DEPTH' as const, hidden: 3 }] };
  }
  async columnLineage() {
    this.calls.push('columnLineage');
    return { fields: [], edges: [], cut: [] };
  }
  async runsById(ids: readonly string[]) {
    this.calls.push('runsById');
    return ids.map((id) =>
      id.includes('missing') ? null : { run: run(id.replace('run:', ''), 'job:n:j0'), otherJobs: ['job:n:j1'] },
    );
  }
  async runEvents(ids: readonly string[], first: number) {
    return new Map(ids.map((id) => [id, ['h1', 'taken'].slice(0, first)]));
  }
  async counts() {
    return { datasets: 50, jobs: 50, fields: 2, edges: 99 };
  }
  async applied() {
    return 12;
  }
  async changes() {
    return {
      items: [change(1, 'run.failed', 'run:missing'), change(2, 'lineage.changed', 'job:n:j0')],
      next: null,
      total: 2,
    };
  }
  async quality(): Promise<never> {
    throw new Error('disk gone at /secret');
  }
}

export const change = (sequence: number, kind: Change['kind'], subject: string): Change => ({
  sequence,
  kind,
  subject,
  at: T,
  seen: T,
  text: 'x',
  breaking: null,
  corrected: false,
  before: null,
  after: { id: 'e' },
});

const refusal: Refusal = {
  id: 'r1',
  at: T,
  reason: 'no producer',
  where: '$.producer',
  status: 422,
  bytes: 2,
  sha256: 'x',
  body: '{}',
  excerpt: null,
};

export interface Answer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown; extensions: { code: string } }[];
}

export const codes = ({ errors }: Answer): string[] => errors?.map(({ extensions }) => extensions.code) ?? [];

/** GraphQL over the chain. */
export interface ChainHub {
  readonly app: FastifyInstance;
  /** What was asked of the store, in order. */
  readonly calls: string[];
  ask(query: string, variables?: Record<string, unknown>, operationName?: string): Promise<Answer>;
  /** Tells subscribers of changes. */
  emit(changes: readonly Change[]): void;
  /** How many listen. */
  listening(): number;
}

/** Until the test ends. */
export async function startChain(
  viewer: Viewer = { name: 'me', scopes: ALL_SCOPES },
  over: Partial<GraphqlDeps> = {},
): Promise<ChainHub> {
  const reader = new ChainReader();
  const listeners = new Set<(changes: readonly Change[]) => void>();
  const log: Partial<EventLog> = {
    find: async (hashes) => {
      reader.calls.push('find');
      return new Map(hashes.filter((hash) => hash === event.hash).map((hash) => [hash, event]));
    },
    refusals: async () => [refusal],
    refusal: async () => [refusal],
  };
  const app = Fastify();
  onTestFinished(() => app.close());
  await registerGraphql(app, {
    store: { reader: () => reader as Partial<GraphReader> as GraphReader } as Partial<GraphStore> as GraphStore,
    log: log as EventLog,
    clock: { now: () => T },
    version: '0.1.0',
    viewerOf: () => viewer,
    status: () => ({ role: 'all', store: 'memory', queue: 'memory', durability: 'none', backlog: 0 }),
    onChanges: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    merge: async () => null,
    split: async () => null,
    remark: async () => null,
    removeRemark: async () => null,
    replayRefusals: async (ids) =>
      ids.map((id) => ({ id, outcome: { kind: 'accepted' as const, position: 9, repeat: false } })),
    ...over,
  });
  await app.ready();
  return {
    app,
    calls: reader.calls,
    async ask(query, variables, operationName) {
      const response = await app.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query, variables, operationName },
      });
      return { status: response.statusCode, ...response.json() };
    },
    emit(changes) {
      for (const listener of listeners) listener(changes);
    },
    listening: () => listeners.size,
  };
}
