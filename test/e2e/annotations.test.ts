/** What people say of nodes and fields, through the built process: carried along the lineage, told, kept, taken back. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { table } from './events.ts';

const NAMESPACE = 'postgres://db:5432';
const PRODUCER = 'https://example.com/e2e';
const facet = (name: string) => ({
  _producer: PRODUCER,
  _schemaURL: `https://openlineage.io/spec/facets/1-0-0/${name}.json#/$defs/${name}`,
});
const field = (name: string, column: string): string => `datasetField:${NAMESPACE}:shop.public.${name}:${column}`;

interface Column {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly subtype: string;
  readonly masking?: boolean;
}

/** One run that makes `writes` of `reads`, column by column. */
function madeOf(job: string, reads: string, writes: string, columns: readonly Column[]): object {
  const fields = Object.fromEntries(
    columns.map(({ from, to, type, subtype, masking = false }) => [
      to,
      {
        inputFields: [
          {
            namespace: NAMESPACE,
            name: `shop.public.${reads}`,
            field: from,
            transformations: [{ type, subtype, masking }],
          },
        ],
      },
    ]),
  );
  const schema = (names: readonly string[]) => ({
    schema: { ...facet('SchemaDatasetFacet'), fields: names.map((name) => ({ name, type: 'TEXT' })) },
  });
  return {
    eventType: 'COMPLETE',
    eventTime: '2026-01-01T00:00:00Z',
    producer: PRODUCER,
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId: `019b76da-a800-7000-8000-0000000000${job.length.toString().padStart(2, '0')}` },
    job: { namespace: 'shop', name: job },
    inputs: [{ namespace: NAMESPACE, name: `shop.public.${reads}`, facets: schema(columns.map(({ from }) => from)) }],
    outputs: [
      {
        namespace: NAMESPACE,
        name: `shop.public.${writes}`,
        facets: {
          ...schema(columns.map(({ to }) => to)),
          columnLineage: { ...facet('ColumnLineageDatasetFacet'), fields },
        },
      },
    ],
  };
}

/** customers ─load▶ clean ─build▶ mart, where `email` is hashed on its second way. */
const EVENTS = [
  madeOf('load', 'customers', 'clean', [
    { from: 'email', to: 'email', type: 'DIRECT', subtype: 'IDENTITY' },
    { from: 'id', to: 'id', type: 'DIRECT', subtype: 'IDENTITY' },
  ]),
  madeOf('build', 'clean', 'mart', [
    { from: 'email', to: 'email_hash', type: 'DIRECT', subtype: 'TRANSFORMATION', masking: true },
    { from: 'id', to: 'id', type: 'DIRECT', subtype: 'IDENTITY' },
  ]),
];

interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function graphql(hub: TestHub, query: string, key?: string): Promise<Answer> {
  const { json } = await hub.ask({
    method: 'POST',
    path: '/graphql',
    body: JSON.stringify({ query }),
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
  });
  return json as Answer;
}

async function startWith(
  events: readonly object[],
  data = join(temporaryFolder(), 'data'),
  env: Readonly<Record<string, string>> = {},
): Promise<TestHub> {
  const hub = await startTestHub({ data, env });
  let position = '0';
  for (const event of events) position = await hub.send(event);
  await hub.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
  return hub;
}

it('an annotation goes downstream, is told once, and outlives the process', {
  timeout: 180_000,
}, async () => {
  const data = join(temporaryFolder(), 'data');
  let hub = await startWith(EVENTS, data);
  const before = (await hub.ask({ path: '/api/v1/export' })).body;

  const preview = await graphql(hub, `{ reach(of: "${table('customers')}") { id } }`);
  const reached = ['job:shop:load', table('clean'), 'job:shop:build', table('mart')];
  expect(preview.data).toEqual({ reach: reached.map((id) => ({ id })) });

  const made = await graphql(
    hub,
    `mutation { annotate(subject: "${table('customers')}", text: "**Wrong** until Friday", downstream: true) { id author subject { id } origin { id } } }`,
  );
  expect(made).toEqual({
    data: { annotate: { id: '1', author: 'local', subject: { id: table('customers') }, origin: null } },
  });
  await graphql(hub, `mutation { annotate(subject: "job:shop:build", text: "asked for by finance") { id } }`);

  const shown = `{
    here: dataset(namespace: "${NAMESPACE}", name: "shop.public.customers") { annotations { nodes { text origin { id } } } }
    there: dataset(namespace: "${NAMESPACE}", name: "shop.public.mart") { annotations { nodes { id text subject { id } origin { id } } cut { at } } }
    job: job(namespace: "shop", name: "build") { annotations(first: 1) { nodes { text } pageInfo { hasNextPage endCursor } } }
    more: job(namespace: "shop", name: "build") { annotations(first: 1, after: "2") { nodes { text } pageInfo { hasNextPage } } }
  }`;
  const said = {
    data: {
      here: { annotations: { nodes: [{ text: '**Wrong** until Friday', origin: null }] } },
      there: {
        annotations: {
          nodes: [
            {
              id: '1',
              text: '**Wrong** until Friday',
              subject: { id: table('mart') },
              origin: { id: table('customers') },
            },
          ],
          cut: [],
        },
      },
      job: {
        annotations: { nodes: [{ text: 'asked for by finance' }], pageInfo: { hasNextPage: true, endCursor: '2' } },
      },
      more: { annotations: { nodes: [{ text: '**Wrong** until Friday' }], pageInfo: { hasNextPage: false } } },
    },
  };
  expect(await graphql(hub, shown)).toEqual(said);
  expect(
    await graphql(hub, '{ changes(filter: {kinds: ["annotation.added"]}) { nodes { subject { id } text } } }'),
  ).toEqual({
    data: {
      changes: {
        nodes: [
          {
            subject: { id: table('customers') },
            text: 'local annotated shop.public.customers: **Wrong** until Friday',
          },
          { subject: { id: 'job:shop:build' }, text: 'local annotated build: asked for by finance' },
        ],
      },
    },
  });
  expect((await hub.ask({ path: '/api/v1/export' })).body).toBe(before);
  const more = (await hub.ask({ path: '/api/v1/export?with=mutations' })).body.trim().split('\n');
  expect(more.filter((line) => !before.includes(line)).map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ kind: 'annotation', subject: table('customers'), carried: true, removed: null }),
    expect.objectContaining({ kind: 'annotation', subject: 'job:shop:build', carried: false }),
  ]);

  hub.signal('SIGKILL');
  await hub.ended;
  hub = await startWith([], data);
  expect(await graphql(hub, shown)).toEqual(said);

  expect(await graphql(hub, 'mutation { removeAnnotation(id: "1") }')).toEqual({ data: { removeAnnotation: true } });
  expect(await graphql(hub, 'mutation { removeAnnotation(id: "1") }')).toEqual({ data: { removeAnnotation: false } });
  expect(await graphql(hub, shown)).toMatchObject({
    data: { here: { annotations: { nodes: [] } }, there: { annotations: { nodes: [] } } },
  });
  await hub.stop();
});

it('a tag of a field goes along columns until a masking transformation, and says why it stops', {
  timeout: 180_000,
}, async () => {
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(
    join(rules, 'words.yml'),
    'glossary: [ { term: pii, title: Personal data, text: "*Who* it is.", owner: privacy } ]',
  );
  const hub = await startWith(EVENTS, join(temporaryFolder(), 'data'), { HEADWATER_RULES: rules });
  const email = field('customers', 'email');
  expect(
    await graphql(
      hub,
      `{ reachDetail(of: "${email}", by: COLUMNS) { nodes { id } stops { from to reason } cut { at } } }`,
    ),
  ).toEqual({
    data: {
      reachDetail: {
        nodes: [{ id: field('clean', 'email') }],
        stops: [
          {
            from: field('clean', 'email'),
            to: field('mart', 'email_hash'),
            reason: 'masked by job:shop:build (TRANSFORMATION)',
          },
        ],
        cut: [],
      },
    },
  });
  expect(await graphql(hub, `mutation { tag(subject: "${email}", tag: "pii", propagate: true) { id } }`)).toEqual({
    data: { tag: [{ id: email }, { id: field('clean', 'email') }] },
  });
  // Once more changes nothing.
  await graphql(hub, `mutation { tag(subject: "${email}", tag: "pii", propagate: true) { id } }`);

  const tags = 'tags { key source field origin }';
  const shown = await graphql(
    hub,
    `{ glossary { name title text owner see definedAt } glossaryTerm(name: "nobody's") { text }
       here: node(id: "${email}") { ... on Field { tags { key origin term { title } } } }
       there: node(id: "${field('clean', 'email')}") { ... on Field { tags { key source origin } } }
       hashed: node(id: "${field('mart', 'email_hash')}") { ... on Field { tags { key } } }
       clean: dataset(namespace: "${NAMESPACE}", name: "shop.public.clean") { ${tags} }
       changes(filter: {kinds: ["tag.added"]}) { nodes { text } } }`,
  );
  expect(shown).toEqual({
    data: {
      glossary: [
        {
          name: 'pii',
          title: 'Personal data',
          text: '*Who* it is.',
          owner: 'privacy',
          see: [],
          definedAt: 'rules/words.yml:1',
        },
      ],
      glossaryTerm: null,
      here: { tags: [{ key: 'pii', origin: null, term: { title: 'Personal data' } }] },
      there: { tags: [{ key: 'pii', source: 'person:local', origin: email }] },
      hashed: { tags: [] },
      clean: { tags: [{ key: 'pii', source: 'person:local', field: 'email', origin: email }] },
      changes: { nodes: [{ text: 'email of shop.public.customers was tagged pii by local' }] },
    },
  });

  const carried = await graphql(hub, `mutation { untag(subject: "${field('clean', 'email')}", tag: "pii") { id } }`);
  expect(carried.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/nobody put the tag pii on .* take it from its origin/),
    extensions: { code: 'NOT_FOUND' },
  });
  expect(await graphql(hub, `mutation { untag(subject: "${email}", tag: "pii") { id } }`)).toEqual({
    data: { untag: [{ id: email }, { id: field('clean', 'email') }] },
  });
  expect(await graphql(hub, `{ node(id: "${field('clean', 'email')}") { ... on Field { tags { key } } } }`)).toEqual({
    data: { node: { tags: [] } },
  });
  await hub.stop();
});

it('refuses what it should, in words, and asks for the scope annotate', { timeout: 180_000 }, async () => {
  const folder = temporaryFolder();
  const keys = join(folder, 'keys.json');
  const keyOf = async (name: string, scopes: string): Promise<string> =>
    /^hw_\S+/.exec((await runHeadwater(['keys', 'add', name, '--scopes', scopes, '--file', keys])).stdout)?.[0] ?? '';
  const reader = await keyOf('reader', 'read');
  const ana = await keyOf('ana', 'ingest,read,annotate');
  const hub = await startTestHub({ env: { HEADWATER_KEYS: keys } });
  const [event] = EVENTS;
  await hub.ask({
    method: 'POST',
    path: '/api/v1/lineage',
    body: JSON.stringify(event),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ana}` },
  });
  const refusals: readonly (readonly [key: string, mutation: string, code: string, message: RegExp])[] = [
    [reader, `annotate(subject: "job:shop:load", text: "x") { id }`, 'FORBIDDEN', /reader lacks the scope annotate/],
    [reader, `tag(subject: "job:shop:load", tag: "x") { id }`, 'FORBIDDEN', /annotate/],
    [ana, `annotate(subject: "job:shop:nobody", text: "x") { id }`, 'NOT_FOUND', /nothing is known by the id/],
    [ana, `annotate(subject: "run:1", text: "x") { id }`, 'BAD_USER_INPUT', /no dataset, job or field: write dataset:/],
    [ana, `annotate(subject: "job:shop:load", text: "  ") { id }`, 'BAD_USER_INPUT', /text is empty/],
    [
      ana,
      `annotate(subject: "job:shop:load", text: "${'x'.repeat(10_001)}") { id }`,
      'BAD_USER_INPUT',
      /10001 characters/,
    ],
    [
      ana,
      `annotate(subject: "job:shop:load", text: "x", expiresAt: "2020-01-01T00:00:00Z") { id }`,
      'BAD_USER_INPUT',
      /past/,
    ],
    [ana, `untag(subject: "job:shop:load", tag: "gold") { id }`, 'NOT_FOUND', /nobody put the tag gold/],
  ];
  for (const [key, mutation, code, message] of refusals) {
    const { errors } = await graphql(hub, `mutation { ${mutation} }`, key);
    expect(errors?.[0], mutation).toMatchObject({ message: expect.stringMatching(message), extensions: { code } });
  }
  const made = await graphql(hub, 'mutation { annotate(subject: "job:shop:load", text: "x") { author } }', ana);
  expect(made).toEqual({ data: { annotate: { author: 'ana' } } });
  await hub.stop();
});

it('a rule writes on what is downstream of its subject, and tags it', { timeout: 180_000 }, async () => {
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(
    join(rules, 'failed.yml'),
    `rules:
  - name: load-failed
    on: run.failed
    then:
      - annotate: { on: downstream, text: "the last run of {{job.name}} failed" }
      - tag: { add: suspect }
`,
  );
  const hub = await startTestHub({ env: { HEADWATER_RULES: rules } });
  for (const event of EVENTS) await hub.send(event);
  const [event] = EVENTS;
  await hub.send({
    ...event,
    eventType: 'FAIL',
    eventTime: '2026-01-02T00:00:00Z',
    run: { runId: '019b76da-a800-7000-8000-0000000000ff' },
  });
  const asked = `{
    job(namespace: "shop", name: "load") { tags { key source } }
    dataset(namespace: "${NAMESPACE}", name: "shop.public.mart") { annotations { nodes { text author origin { id } } } } }`;
  await expect
    .poll(() => graphql(hub, asked), { timeout: 60_000, interval: 200 })
    .toEqual({
      data: {
        job: { tags: [{ key: 'suspect', source: 'rule:load-failed' }] },
        dataset: {
          annotations: {
            nodes: [
              {
                text: 'the last run of load failed',
                author: 'rule:load-failed',
                origin: { id: 'job:shop:load' },
              },
            ],
          },
        },
      },
    });
  await hub.stop();
});
