import { createRequire } from 'node:module';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
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
  type Scope,
  type Viewer,
} from '#lineage';
import type { GraphqlDeps } from './graphql-deps.ts';
import { registerGraphql } from './register-graphql.ts';

const T = Date.UTC(2026, 0, 1);
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

const change = (sequence: number, kind: Change['kind'], subject: string): Change => ({
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

interface Answer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown; extensions: { code: string } }[];
}

describe('registerGraphql', () => {
  let app: FastifyInstance;
  let reader: ChainReader;
  let emit: (changes: readonly Change[]) => void;
  let listening: () => number;

  const all: Viewer = { name: 'me', scopes: ALL_SCOPES };
  async function start(viewer = all, over: Partial<GraphqlDeps> = {}): Promise<void> {
    reader = new ChainReader();
    const listeners = new Set<(changes: readonly Change[]) => void>();
    listening = () => listeners.size;
    emit = (changes) => {
      for (const listener of listeners) listener(changes);
    };
    const log: Partial<EventLog> = {
      find: async (hashes) => {
        reader.calls.push('find');
        return new Map(hashes.filter((hash) => hash === event.hash).map((hash) => [hash, event]));
      },
      refusals: async () => [refusal],
      refusal: async () => [refusal],
    };
    app = Fastify();
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
  }

  afterEach(() => app.close());

  async function ask(query: string, variables?: Record<string, unknown>, operationName?: string): Promise<Answer> {
    const response = await app.inject({
      method: 'POST',
      url: '/graphql',
      payload: { query, variables, operationName },
    });
    return { status: response.statusCode, ...response.json() };
  }

  const codes = ({ errors }: Answer): string[] => errors?.map(({ extensions }) => extensions.code) ?? [];

  it('reads a lineage of a hundred nodes with few calls, and with the same few once compiled', async () => {
    await start();
    const query = `query($of: [ID!]!) { lineage(of: $of) {
      nodes { __typename id description tags { key } owners { name } facets { name }
        ... on Dataset { type fields { name type description tags { key } } readers { id name } writers { id owners { name } } }
        ... on Job { sql latestRun { id duration } reads { id name } writes { id } } }
      edges { id confidence evidence { event { id eventTime raw } sql } } cut { at why hidden } asOf unknown } }`;
    const perQuery: string[][] = [];
    const answers: Answer[] = [];
    for (let n = 0; n < 3; n++) {
      reader.calls.length = 0;
      answers.push(await ask(query, { of: ['dataset:n:d0', 'dataset:n:nobody'] }));
      perQuery.push([...reader.calls].sort());
    }
    expect(answers[0]).not.toHaveProperty('errors');
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    const [{ data } = { data: null }] = answers;
    const { lineage } = data as { lineage: { nodes: unknown[]; edges: unknown[] } };
    expect(lineage.nodes).toHaveLength(100);
    expect(lineage.nodes[1]).toMatchObject({ __typename: 'Job', reads: [{ id: 'dataset:n:d0', name: 'd0' }] });
    expect(lineage.nodes[2]).toMatchObject({
      fields: [
        { name: 'id', description: 'key', tags: [{ key: 'pii' }] },
        { name: 'address', description: null, tags: [] },
      ],
      readers: [{ id: 'job:n:j1' }],
      writers: [{ id: 'job:n:j0', owners: [{ name: 'ann' }] }],
    });
    expect(lineage.edges[0]).toMatchObject({
      confidence: 'CERTAIN',
      evidence: [{ event: { id: 'h1', raw: { eventType: 'START' } } }, {}],
    });
    expect(lineage.edges[1]).toMatchObject({
      evidence: [{ event: { id: 'taken', eventTime: '2026-01-01T00:00:00.005Z', raw: null } }, {}],
    });
    expect(lineage).toMatchObject({ cut: [{ why: 'DEPTH', hidden: 3 }], asOf: null, unknown: ['dataset:n:nobody'] });
    expect(perQuery[0]).toEqual([
      'assets',
      'facets 8',
      'facets all',
      'find',
      'latestRuns',
      'lineage',
      'neighbours',
      'resolve',
      'schemas',
    ]);
    expect(perQuery[1]).toEqual(perQuery[0]);
    expect(perQuery[2]).toEqual(perQuery[0]);
  });

  it('finds nodes by id and name, and answers null for what nobody knows', async () => {
    await start();
    const { data, errors } = await ask(`{
      a: node(id: "dataset:n:d1") { __typename id }
      b: node(id: "run:42") { __typename ... on Run { duration job { id } otherJobs { id } events { id type producer raw } eventsCut one: eventsCut(first: 1) } }
      c: node(id: "datasetField:n:d1:address.city") { ... on Field { id name type ordinal dataset { id } } }
      d: node(id: "dataset:n:nobody") { id }  e: node(id: "nonsense") { id }  f: node(id: "datasetField:n:d1:nope") { id }
      g: dataset(namespace: "n", name: "d2") { id freshness { state dataTime why { because } } incidents { id } annotations { nodes { id } } }
      h: dataset(namespace: "n", name: "j2") { id }  i: job(namespace: "n", name: "j2") { id processingType }
      j: run(id: "missing") { id }  k: node(id: "datasetField:n:d1:address") { ... on Field { fields { id name } } } }`);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      a: { __typename: 'Dataset', id: 'dataset:n:d1' },
      b: { __typename: 'Run', duration: 1500, job: { id: 'job:n:j0' }, otherJobs: [{ id: 'job:n:j1' }] },
      c: {
        id: 'datasetField:n:d1:address.city',
        name: 'address.city',
        type: 'text',
        ordinal: 1,
        dataset: { id: 'dataset:n:d1' },
      },
      d: null,
      e: null,
      f: null,
      g: {
        id: 'dataset:n:d2',
        freshness: { state: 'UNKNOWN', dataTime: null },
        incidents: [],
        annotations: { nodes: [] },
      },
      h: null,
      i: { id: 'job:n:j2', processingType: 'BATCH' },
      j: null,
      k: { fields: [{ id: 'datasetField:n:d1:address.city', name: 'address.city' }] },
    });
    expect(data?.b).toMatchObject({
      events: [{ id: 'h1', type: 'START', producer: 'https://p' }],
      eventsCut: false,
      one: true,
    });
  });

  it('tells status, changes of runs that are gone, and refusals with what became of them', async () => {
    await start();
    expect((await ask('{ status { version role applied backlog edges } }')).data).toEqual({
      status: { version: '0.1.0', role: 'all', applied: '12', backlog: 0, edges: 99 },
    });
    expect(
      (await ask('{ changes { nodes { id subject { __typename id } after } pageInfo { hasNextPage endCursor } } }'))
        .data,
    ).toEqual({
      changes: {
        nodes: [
          { id: '1', subject: { __typename: 'GoneNode', id: 'run:missing' }, after: { id: 'e' } },
          { id: '2', subject: { __typename: 'Job', id: 'job:n:j0' }, after: { id: 'e' } },
        ],
        pageInfo: { hasNextPage: false, endCursor: '2' },
      },
    });
    expect((await ask('{ refusals { nodes { id where replayable excerpt replay { accepted } } } }')).data).toEqual({
      refusals: { nodes: [{ id: 'r1', where: '$.producer', replayable: true, excerpt: '{}', replay: null }] },
    });
    expect((await ask('mutation { replayRefusals(ids: ["r1"]) { id replay { accepted position } } }')).data).toEqual({
      replayRefusals: [{ id: 'r1', replay: { accepted: true, position: '9' } }],
    });
  });

  it('says what is not there yet, and lists nothing where there is nothing', async () => {
    await start();
    expect(
      (await ask('{ rules { name } incidents { nodes { id } pageInfo { hasNextPage } } decisions { nodes { id } } }'))
        .data,
    ).toEqual({
      rules: [],
      incidents: { nodes: [], pageInfo: { hasNextPage: false } },
      decisions: { nodes: [] },
    });
    for (const query of [
      '{ explain(rule: "r", subject: "s") { text } }',
      '{ dryRun(rule: "r", from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z") { fired } }',
      'mutation { resolve(incident: "1", reason: "t") { id } }',
      // A store that keeps none.
      'mutation { annotate(subject: "s", text: "t") { id } }',
    ]) {
      const answer = await ask(query);
      expect(codes(answer), query).toEqual(['NOT_AVAILABLE']);
      expect(answer.status).toBe(200);
    }
  });

  it.each([
    ['{ lineage(of: []) { asOf } }', /of is empty/],
    ['{ lineage(of: ["a"], depth: -1) { asOf } }', /depth is -1, it may be 0 to 100/],
    ['{ lineage(of: ["a"], limit: 5001) { asOf } }', /limit is 5001/],
    [
      '{ lineageDiff(of: ["a"], from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z") { cut { at } } }',
      /from must lie before to/,
    ],
    ['{ changes(first: 501) { nodes { id } } }', /first is 501, it may be 1 to 500/],
    ['{ changes(after: "x") { nodes { id } } }', /not a place in the feed/],
    ['{ incidents(first: 0) { nodes { id } } }', /first is 0/],
    ['{ search(text: "a", filter: { types: ["PIPELINE"] }) { totalCount } }', /knows DATASET and JOB/],
    ['{ lineage(of: ["a"], asOf: "yesterday") { asOf } }', /is no DateTime: write it as 2026/],
    ['{ lineage(of: ["a"], asOf: "2026-02-30T00:00:00Z") { asOf } }', /is no DateTime/],
    ['{ lineage(of: ["a"], asOf: "2026-01-01T00:00:00") { asOf } }', /is no DateTime/],
  ])('refuses %s', async (query, message) => {
    await start();
    const answer = await ask(query);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toMatch(message);
  });

  it('refuses bad variables the same way before and after the query is compiled', async () => {
    await start();
    const query = 'query($at: DateTime) { lineage(of: ["dataset:n:d0"], asOf: $at) { asOf } }';
    expect((await ask(query, { at: '2026-01-01T01:00:00+01:00' })).data).toEqual({
      lineage: { asOf: '2026-01-01T00:00:00.000Z' },
    });
    for (let n = 0; n < 3; n++) {
      const answer = await ask(query, { at: 'noon' });
      expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toMatch(/write it as 2026/);
      expect((await ask(query, { at: '2026-01-01T00:00:00Z' })).data).toEqual({
        lineage: { asOf: '2026-01-01T00:00:00.000Z' },
      });
    }
  });

  it('answers the operation that is asked for, also when another of the document was compiled', async () => {
    await start();
    const query = 'query A { status { role } } query B { status { store } }';
    for (let n = 0; n < 3; n++) {
      expect((await ask(query, {}, 'A')).data).toEqual({ status: { role: 'all' } });
      expect((await ask(query, {}, 'B')).data).toEqual({ status: { store: 'memory' } });
    }
  });

  it('keeps the hub’s own faults to its log, with the path to the field', async () => {
    await start();
    for (let n = 0; n < 3; n++) {
      const answer = await ask('{ lineage(of: ["a"]) { nodes { ... on Dataset { quality { at } } } } }');
      expect(answer.status).toBe(200);
      expect(answer.errors?.[0]).toMatchObject({
        path: ['lineage', 'nodes', 0, 'quality'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
  });

  it('limits tokens, depth and cost, each with its code', async () => {
    await start();
    expect(codes(await ask(`{ ${Array.from({ length: 800 }, (_, n) => `a${n}: __typename`).join(' ')} }`))).toEqual([
      'GRAPHQL_PARSE_FAILED',
    ]);
    const deep = `{ job(namespace: "n", name: "j1") { ${'parent { '.repeat(25)} id ${'} '.repeat(25)} } }`;
    const depth = await ask(deep);
    expect([depth.status, ...codes(depth)]).toEqual([400, 'QUERY_TOO_COSTLY']);
    const wide = `{ lineage(of: ["dataset:n:d0"], limit: 5000) { nodes { ... on Dataset { readers { reads { readers { id } } } } } } }`;
    const cost = await ask(wide);
    expect([cost.status, ...codes(cost)]).toEqual([400, 'QUERY_TOO_COSTLY']);
    expect(cost.errors?.[0]?.message).toMatch(/smaller `first` or `limit`/);
    expect(reader.calls).toEqual([]);
  });

  it('takes no parsed document in the place of a text', async () => {
    await start();
    const parsed = { kind: 'Document', definitions: [] };
    for (const query of [JSON.stringify(parsed), ' {"kind":"Document"}', '[]', '{}', 'null', '7', '"x"']) {
      expect(codes(await ask(query)), query).toEqual(['GRAPHQL_PARSE_FAILED']);
    }
    const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query: parsed } });
    expect(response.json().errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('answers what clients send to look at the schema', async () => {
    await start();
    const { getIntrospectionQuery } = await import('graphql/index.js');
    const { data, errors } = await ask(getIntrospectionQuery());
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('__schema');
  });

  it('takes JSON alone by POST, and no mutation by GET', async () => {
    await start();
    const post = (type: string | undefined, payload: string) =>
      app.inject({
        method: 'POST',
        url: '/graphql',
        payload,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    const body = '{"query":"{ status { role } }"}';
    expect((await post('application/json; charset=utf-8', body)).json()).toEqual({ data: { status: { role: 'all' } } });
    for (const type of ['text/plain', 'application/graphql', 'application/x-www-form-urlencoded', undefined]) {
      const response = await post(type, body);
      expect([response.statusCode, response.json().errors[0].extensions.code], type).toEqual([
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ]);
    }
    expect((await post('application/json', '{"query":')).json().errors[0].extensions.code).toBe('BAD_REQUEST');
    expect((await post('application/json', '[]')).json().errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect((await post('application/json', '{"query":"{ nope }"}')).json().errors[0].extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );

    const get = (query: string) => app.inject({ method: 'GET', url: '/graphql', query: { query } });
    expect((await get('{ status { role } }')).json()).toEqual({ data: { status: { role: 'all' } } });
    const mutation = await get('mutation { replayRefusals(ids: ["r1"]) { id } }');
    expect([mutation.statusCode, mutation.json().errors[0].extensions.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect((await app.inject({ method: 'GET', url: '/graphql?query=a&query=b' })).statusCode).toBe(400);
  });

  it('lets nobody read or operate without the scope', async () => {
    await start({ name: 'ingester', scopes: new Set(['ingest']) });
    const read = await ask('{ status { role } }');
    expect([read.status, ...codes(read)]).toEqual([403, 'FORBIDDEN']);
    await app.close();
    await start({ name: 'reader', scopes: new Set(['read']) });
    expect(codes(await ask('mutation { replayRefusals(ids: ["r1"]) { id } }'))).toEqual(['FORBIDDEN']);
    expect((await ask('{ status { role } }')).status).toBe(200);
  });

  describe('subscriptions', () => {
    const { WebSocket } = createRequire(import.meta.url)('ws') as {
      WebSocket: new (url: string, protocol: string, options: { headers: object }) => Socket;
    };

    /** A client of graphql-transport-ws: what it got, in order. */
    async function subscribe(query: string, variables: object = {}, init: object = {}) {
      const address = await app.listen({ port: 0, host: '127.0.0.1' });
      const socket = new WebSocket(`${address.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: {} });
      const got: { type: string; payload: unknown }[] = [];
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type !== 'ping') got.push(message);
      });
      await new Promise<void>((resolve) => {
        socket.on('open', () => resolve());
      });
      const send = (message: object): void => socket.send(JSON.stringify(message));
      send({ type: 'connection_init', payload: init });
      await vi.waitFor(() => expect(got).toHaveLength(1));
      send({ type: 'subscribe', id: '1', payload: { query, variables } });
      const received = async (count: number) => {
        await vi.waitFor(() => expect(got).toHaveLength(count + 1));
        return got.slice(1);
      };
      return { socket, send, received };
    }

    it('streams the changes that the filter lets pass, each read afresh, until the client ends it', async () => {
      await start();
      const { socket, send, received } = await subscribe(
        'subscription($f: ChangeFilter) { changes(filter: $f) { id kind subject { id ... on Job { name } } } }',
        { f: { kinds: ['lineage.changed', 'job.stalled'], subjects: ['job:n:j0'] } },
      );
      await vi.waitFor(() => expect(listening()).toBe(1));
      emit([
        change(1, 'node.added', 'job:n:j0'),
        change(2, 'lineage.changed', 'job:n:j0'),
        change(3, 'job.stalled', 'job:n:j1'),
      ]);
      emit([change(4, 'job.stalled', 'job:n:j0')]);
      const subject = { id: 'job:n:j0', name: 'j0' };
      expect(await received(2)).toEqual([
        { type: 'next', id: '1', payload: { data: { changes: { id: '2', kind: 'lineage.changed', subject } } } },
        { type: 'next', id: '1', payload: { data: { changes: { id: '4', kind: 'job.stalled', subject } } } },
      ]);
      expect(reader.calls.filter((call) => call === 'assets')).toHaveLength(2);
      send({ type: 'complete', id: '1' });
      await vi.waitFor(() => expect(listening()).toBe(0));
      socket.close();
    });

    it('shows a flow as it is, then each change of it', async () => {
      await start();
      const { socket, received } = await subscribe('subscription { flow(jobs: ["job:n:j3"]) { id } }');
      expect(await received(1)).toMatchObject([{ payload: { data: { flow: { id: 'job:n:j3' } } } }]);
      emit([
        change(1, 'job.silent', 'job:n:j3'),
        change(2, 'facet.changed', 'job:n:j3'),
        change(3, 'job.silent', 'job:n:j4'),
      ]);
      expect(await received(2)).toMatchObject([{}, { payload: { data: { flow: { id: 'job:n:j3' } } } }]);
      socket.close();
      await vi.waitFor(() => expect(listening()).toBe(0));
    });

    it('keeps the stream of incidents open', async () => {
      await start();
      const { socket, received } = await subscribe('subscription { incidents { id } }');
      await vi.waitFor(() => expect(listening()).toBe(1));
      expect(await received(0)).toEqual([]);
      socket.close();
    });

    it.each([
      ['subscription { flow(jobs: []) { id } }', 'BAD_USER_INPUT'],
      ['subscription { changes { nope } }', 'GRAPHQL_VALIDATION_FAILED'],
      [`subscription { changes { ${'id '.repeat(2000)} } }`, 'GRAPHQL_PARSE_FAILED'],
    ])('refuses %.50s', async (query, code) => {
      await start();
      const { socket, received } = await subscribe(query);
      expect(await received(1)).toMatchObject([{ type: 'error', id: '1', payload: [{ extensions: { code } }] }]);
      expect(listening()).toBe(0);
      socket.close();
    });

    it('asks who the viewer is with the key of connection_init, and keeps out who may not read', async () => {
      const viewerOf = ({ headers }: { headers: Record<string, unknown> }): Viewer => {
        if (headers.authorization === undefined) throw Object.assign(new Error('no key'), { statusCode: 401 });
        return { name: 'k', scopes: headers.authorization === 'Bearer good' ? ALL_SCOPES : new Set<Scope>(['ingest']) };
      };
      await start(undefined, { viewerOf });
      for (const [init, code] of [
        [{}, 'UNAUTHENTICATED'],
        [{ authorization: 'Bearer other' }, 'FORBIDDEN'],
      ] as const) {
        const refused = await subscribe('subscription { changes { id } }', {}, init);
        expect(await refused.received(1)).toMatchObject([{ type: 'error', payload: [{ extensions: { code } }] }]);
        refused.socket.close();
        await app.close();
        await start(undefined, { viewerOf });
      }
      const { socket } = await subscribe('subscription { changes { id } }', {}, { authorization: 'Bearer good' });
      await vi.waitFor(() => expect(listening()).toBe(1));
      socket.close();
    });
  });
});

/** The part of a WebSocket that the tests use. */
interface Socket {
  send(text: string): void;
  close(): void;
  on(event: 'message' | 'open', listener: (data: unknown) => void): void;
}
