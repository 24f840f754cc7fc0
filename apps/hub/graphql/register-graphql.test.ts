import { describe, expect, it } from 'vitest';
import { type Answer, codes, startChain } from '../../../test/graphql/chain-hub.ts';

describe('registerGraphql', () => {
  it('reads a lineage of a hundred nodes with few calls, and with the same few once compiled', async () => {
    const { ask, calls } = await startChain();
    const query = `query($of: [ID!]!) { lineage(of: $of) {
      nodes { __typename id description tags { key } owners { name } facets { name }
        ... on Dataset { type fields { name type description tags { key } } readers { id name } writers { id owners { name } } }
        ... on Job { sql latestRun { id duration } reads { id name } writes { id } } }
      edges { id confidence evidence { event { id eventTime raw } sql } } cut { at why hidden } asOf unknown } }`;
    const perQuery: string[][] = [];
    const answers: Answer[] = [];
    for (let n = 0; n < 3; n++) {
      calls.length = 0;
      answers.push(await ask(query, { of: ['dataset:n:d0', 'dataset:n:nobody'] }));
      perQuery.push([...calls].sort());
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
    const { ask } = await startChain();
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
    const { ask } = await startChain();
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
    const { ask } = await startChain();
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
    const { ask } = await startChain();
    const answer = await ask(query);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toMatch(message);
  });

  it('refuses bad variables the same way before and after the query is compiled', async () => {
    const { ask } = await startChain();
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
    const { ask } = await startChain();
    const query = 'query A { status { role } } query B { status { store } }';
    for (let n = 0; n < 3; n++) {
      expect((await ask(query, {}, 'A')).data).toEqual({ status: { role: 'all' } });
      expect((await ask(query, {}, 'B')).data).toEqual({ status: { store: 'memory' } });
    }
  });

  it('keeps the hub’s own faults to its log, with the path to the field', async () => {
    const { ask } = await startChain();
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
    const { ask, calls } = await startChain();
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
    expect(calls).toEqual([]);
  });

  it('takes no parsed document in the place of a text', async () => {
    const { app, ask } = await startChain();
    const parsed = { kind: 'Document', definitions: [] };
    for (const query of [JSON.stringify(parsed), ' {"kind":"Document"}', '[]', '{}', 'null', '7', '"x"']) {
      expect(codes(await ask(query)), query).toEqual(['GRAPHQL_PARSE_FAILED']);
    }
    const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query: parsed } });
    expect(response.json().errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('answers what clients send to look at the schema', async () => {
    const { ask } = await startChain();
    const { getIntrospectionQuery } = await import('graphql/index.js');
    const { data, errors } = await ask(getIntrospectionQuery());
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('__schema');
  });

  it('takes JSON alone by POST, and no mutation by GET', async () => {
    const { app } = await startChain();
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
    const ingester = await startChain({ name: 'ingester', scopes: new Set(['ingest']) });
    const read = await ingester.ask('{ status { role } }');
    expect([read.status, ...codes(read)]).toEqual([403, 'FORBIDDEN']);
    const { ask } = await startChain({ name: 'reader', scopes: new Set(['read']) });
    expect(codes(await ask('mutation { replayRefusals(ids: ["r1"]) { id } }'))).toEqual(['FORBIDDEN']);
    expect((await ask('{ status { role } }')).status).toBe(200);
  });
});
