/**
 * No field costs a call of the store for each node of a list. For every object type that a list can hold, a query is made
 * that asks each of its fields on the way `Query → … → list → field`, once of short lists and once of long ones: the calls
 * must be the same.
 */
import Fastify, { type FastifyInstance } from 'fastify';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql/index.js';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ALL_SCOPES,
  type Asset,
  type Change,
  type Edge,
  type EventLog,
  type Evidence,
  type Flow,
  type FreshnessReads,
  type GraphReader,
  type GraphStore,
  type MergeReads,
  type Refusal,
  type Remark,
  type RemarkReads,
  type Run,
} from '#lineage';
import { loadSchema } from './load-schema.ts';
import { registerGraphql } from './register-graphql.ts';

const T = Date.UTC(2026, 0, 1);
/** One of each kind of subject that a change may have, at least. */
const SHORT = 5;
const LONG = 11;

/** Of which there is nothing yet, so that nothing is read of them. */
const NOT_YET: ReadonlySet<string> = new Set([
  'CauseLink',
  'ConditionResult',
  'ContractCheck',
  'ContractViolation',
  'Decision',
  'Delivery',
  'GlossaryTerm',
  'Incident',
  'IncidentEntry',
  'Rule',
  'RuleProblem',
  'UncheckedPromise',
]);
/** No way to a list: they answer that they are not available, or with nothing where nothing changed. */
const NO_WAY: ReadonlySet<string> = new Set([
  'Query.explain',
  'Query.dryRun',
  // By one walk, of one node.
  'Query.reach',
  'Query.reachDetail',
  'Query.node',
  'Query.lineageDiff',
]);
/** What one walk answers, of one node. */
const OF_A_WALK: ReadonlySet<string> = new Set(['Reach', 'ReachStop']);
/** Lists that are as long as they are, whatever the graph's size. */
const FIXED: ReadonlySet<string> = new Set(['Freshness.why']);
/** What is found where an interface or a union may be anything. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'Query.edge': ['LineageEdge'],
  'SchemaVersion.hit': ['Job'],
  'SearchHit.node': ['Dataset'],
  'Lineage.nodes': ['Dataset', 'Job'],
  'Cycle.nodes': ['Dataset', 'Job'],
  'Annotation.subject': ['Dataset'],
  'Annotation.origin': ['Dataset'],
};
/** null in a query: told by a mutation. */
const BY_MUTATION: ReadonlySet<string> = new Set(['Replay']);

const ARGUMENTS: Readonly<Record<string, string>> = {
  of: '["dataset:n:d0"]',
  namespace: '"n"',
  name: '"d0"',
  id: '"dataset:n:d0"',
  text: '"d"',
  from: '"2026-01-01T00:00:00Z"',
  to: '"2026-01-02T00:00:00Z"',
};
const IDS: Readonly<Record<string, string>> = { job: '"j0"', run: '"r0"', edge: '"edge:0"' };

/** Answers everything, each list with `size` entries of other nodes. */
function wideReader(size: number, calls: string[]): GraphReader {
  const many = <Value>(make: (n: number) => Value): Value[] => Array.from({ length: size }, (_, n) => make(n));
  const asset = (id: string): Asset | null => {
    const [kind = '', namespace = '', name = ''] = id.split(':').map(decodeURIComponent);
    if (kind !== 'dataset' && kind !== 'job') return null;
    const plain = {
      id: `${kind}:${namespace}:${name}`,
      kind,
      namespace,
      name,
      aliases: ['a'],
      firstSeen: T,
      lastSeen: T,
    } as const;
    return { ...plain, lifecycle: 'ACTIVE', processing: kind === 'job' ? 'STREAMING' : 'BATCH' };
  };
  const dataset = (n: number): string => `dataset:n:d${n}`;
  const job = (n: number): string => `job:n:j${n}`;
  const run = (n: number, of: string = job(n)): Run => ({
    id: `run:r${n}`,
    runId: `r${n}`,
    job: of,
    state: 'COMPLETED',
    processing: 'BATCH',
    nominalStart: T,
    nominalEnd: T,
    startedAt: T,
    endedAt: T,
    lastSeen: T,
    parent: { job: of, runId: `p${n}` },
    root: { job: of, runId: `q${n}` },
    error: null,
    reads: many(dataset),
    writes: many(dataset),
  });
  const evidence = (n: number): Evidence => ({
    source: `s${n}`,
    how: 'OBSERVED',
    confidence: 'CERTAIN',
    firstSeen: T,
    lastSeen: T,
    firstEvent: `h${n}`,
    lastEvent: `h${n}`,
  });
  const told = { current: true, intervals: many(() => ({ from: T, to: null })), evidence: many(evidence) };
  const edge = (n: number): Edge => ({ id: `edge:${n}`, kind: 'READS', from: dataset(n), to: job(n), ...told });
  const cut = many((n) => ({ at: dataset(n), why: 'DEPTH' as const, hidden: 1 }));
  const field = (name: string) => ({
    name,
    type: 'int',
    description: null,
    fields: [{ name: 'in', type: null, description: null, fields: [] }],
  });
  const flow: Flow = {
    state: 'FLOWING',
    since: T,
    reason: 'x',
    lag: null,
    lagSeconds: null,
    watermark: null,
    throughput: null,
    lastSeen: T,
    usualInterval: null,
    inputs: many((n) => ({
      dataset: dataset(n),
      partition: '0',
      position: 1,
      endPosition: 1,
      lag: 0,
      watermark: T,
      at: T,
    })),
  };
  const subjects = [
    dataset,
    job,
    (n: number) => `run:r${n}`,
    (n: number) => `datasetField:n:d${n}:lost`,
    (n: number) => `run:gone${n}`,
  ];
  const change = (n: number): Change => ({
    sequence: n + 1,
    kind: 'facet.changed',
    subject: subjects[n % subjects.length]?.(n) ?? '',
    at: T,
    seen: T,
    text: 'x',
    breaking: null,
    corrected: false,
    before: null,
    after: null,
  });
  const page = <Item>(items: readonly Item[]) => ({ items, next: null, total: items.length });
  const of = <Value>(ids: readonly string[], make: (id: string, n: number) => Value) =>
    new Map(ids.map((id, n) => [id, make(id, n)]));
  const remark = (asset: string, n: number, carried: boolean): Remark => ({
    id: String(n + 1),
    kind: n % 2 === 0 ? 'ANNOTATION' : 'TAG',
    asset,
    field: null,
    text: 't',
    carried,
    by: 'ann',
    at: T,
    expiresAt: null,
  });
  const reader: GraphReader & MergeReads & RemarkReads & FreshnessReads = {
    resolve: async (ids) => ids,
    assets: async (ids) => ids.map(asset),
    list: async () => page([]),
    namespaces: async () => [],
    facets: async (ids, names) =>
      of(ids, () => (names ?? ['tags', 'ownership']).flatMap((name) => many((n) => facet(name, n)))),
    runFacets: async (ids) => of(ids, () => many((n) => facet('tags', n))),
    schemas: async (ids) => of(ids, () => ({ fields: many((n) => field(`f${n}`)), partial: false })),
    schemaVersions: async (ids) =>
      of(ids, () =>
        many((n) => ({
          at: T,
          source: 's',
          role: 'WRITER',
          fields: [field(`f${n}`)],
          before: [field('gone'), field(`f${n}`)],
        })),
      ),
    neighbours: async (ids) =>
      of(ids, (id) => {
        const none = { readers: [], writers: [], reads: [], writes: [], parents: [] };
        return id.startsWith('job:')
          ? { ...none, reads: many(dataset), writes: many(dataset), parents: [`${id}-parent`] }
          : { ...none, readers: many(job), writers: many(job) };
      }),
    lineage: async () => ({
      nodes: [...many(dataset), ...many(job)].flatMap((id) => asset(id) ?? []),
      edges: many(edge),
      cut,
    }),
    columnLineage: async ({ of: asked }) => {
      const from = asked.flatMap((id) =>
        id.startsWith('datasetField:') ? [id] : many((n) => `datasetField:n:${id.split(':')[2]}:f${n}`),
      );
      return {
        fields: from.map((id) => ({ id, dataset: `dataset:n:${id.split(':')[2]}`, name: id.split(':')[3] ?? '' })),
        edges: from.map((id, n) => ({
          id: `columnEdge:${n}`,
          from: id,
          to: id,
          job: job(n),
          transformation: { type: 'DIRECT', subtype: null, description: null, masking: null },
          ...told,
        })),
        cut,
      };
    },
    edge: async () => edge(0),
    cycles: async () => many((n) => ({ nodes: [dataset(n), job(n)], continuous: false })),
    runs: async (ids) => of(ids, (id) => page(many((n) => run(n, id)))),
    recentRuns: async (ids) => of(ids, (id) => many((n) => run(n, id))),
    latestRuns: async (ids) => of(ids, (id, n) => run(n, id)),
    runsById: async (ids) =>
      ids.map((id, n) =>
        id.startsWith('run:gone') ? null : { run: { ...run(n), id }, otherJobs: many((i) => job(100 + i)) },
      ),
    runEvents: async (ids) => of(ids, (id) => many((n) => `${id} ${n}`)),
    jobVersions: async (ids) =>
      of(ids, (id) =>
        many((n) => ({ id: `${id}#${n}`, from: T, to: null, reads: [], writes: [], sql: null, codeLocation: null })),
      ),
    statistics: async (ids) => of(ids, () => many((n) => ({ at: T, run: `run:r${n}`, rows: 1, bytes: 1, files: 1 }))),
    quality: async (ids) =>
      of(ids, () => many((n) => ({ at: T, assertion: 'x', field: null, passed: true, run: `run:r${n}` }))),
    flows: async (ids) => of(ids, () => flow),
    activity: async (ids) => of(ids, () => many((n) => ({ hour: T + n, observations: 1, records: null }))),
    search: async () => page(many((n) => ({ asset: asset(dataset(n)) as Asset, matched: 'name' }))),
    freshness: async (ids) =>
      of(ids, (at) => ({
        state: 'PASS',
        dataTime: T,
        deadline: T,
        policy: { name: 'p', source: 's', text: 'x' },
        why: [{ at, dataTime: T, because: 'x' }],
      })),
    merges: async (ids) =>
      of(ids, (id) => many((n) => ({ alias: `${id}${n}`, into: id, by: 'ann', at: T, reason: null }))),
    remarks: async (ids) => of(ids, (id) => many((n) => remark(id, n, false))),
    carriedRemarks: async () => [
      ...many((n) => remark(dataset(n), size + n, true)),
      ...many((n) => ({ ...remark(dataset(n), 2 * size + n, true), field: 'f0' })),
    ],
    changes: async () => page(many(change)),
    counts: async () => ({ datasets: 1, jobs: 1, fields: 1, edges: 1 }),
    applied: async () => 1,
  };
  return counting(reader, calls);
}

const facet = (name: string, n: number) => ({
  scope: 'dataset' as const,
  name,
  source: `s${n}`,
  producer: 'p',
  schemaURL: null,
  at: T,
  value: name === 'ownership' ? { owners: [{ name: `o${n}` }] } : { tags: [{ key: `k${n}`, field: 'f0' }] },
});

function counting<Port extends object>(port: Port, calls: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      calls.push(String(name));
      return Reflect.get(target, name);
    },
  });
}

interface Path {
  readonly type: GraphQLObjectType;
  /** Puts a selection where the type is. */
  readonly around: (selection: string) => string;
}

/** A way to each object type that goes through a list, the shortest first. */
function pathsThroughLists(schema: GraphQLSchema): ReadonlyMap<string, Path> {
  const found = new Map<string, Path>();
  const seen = new Set<string>();
  const query = schema.getQueryType();
  if (query === undefined || query === null) throw new Error('the schema has no Query');
  let paths: (Path & { readonly listed: boolean })[] = [
    { type: query, around: (selection) => `{ ${selection} }`, listed: false },
  ];
  while (paths.length > 0) {
    const next: typeof paths = [];
    for (const { type, around, listed } of paths) {
      for (const field of Object.values(type.getFields())) {
        const name = `${type.name}.${field.name}`;
        if (NO_WAY.has(name)) continue;
        const isListed = listed || (isList(field) && !FIXED.has(name));
        const types = concrete(schema, getNamedType(field.type));
        for (const inner of types.filter((one) => FOUND[name]?.includes(one.name) ?? true)) {
          const key = `${inner.name} ${isListed}`;
          if (seen.has(key) || NOT_YET.has(inner.name)) continue;
          seen.add(key);
          const path = {
            type: inner,
            listed: isListed,
            around: (selection: string) =>
              around(
                `${type === query ? called(field, IDS[field.name]) : called(field)} { ... on ${inner.name} { ${selection} } }`,
              ),
          };
          if (isListed) found.set(inner.name, path);
          next.push(path);
        }
      }
    }
    paths = next;
  }
  return found;
}

const isList = ({ type }: GraphQLField<unknown, unknown>): boolean =>
  isListType(isNonNullType(type) ? type.ofType : type);

const concrete = (schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] =>
  isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];

/** With its required arguments. */
function called(field: GraphQLField<unknown, unknown>, id?: string): string {
  const given = field.args
    .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
    .map(({ name }) => `${name}: ${(name === 'id' || name === 'name' ? id : undefined) ?? ARGUMENTS[name] ?? '"x"'}`);
  return given.length === 0 ? field.name : `${field.name}(${given.join(', ')})`;
}

const schema = buildSchema(loadSchema());
const paths = pathsThroughLists(schema);

describe('calls of the store', () => {
  const apps: FastifyInstance[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  async function start(size: number): Promise<(query: string) => Promise<{ body: string; calls: readonly string[] }>> {
    const calls: string[] = [];
    const refusal: Refusal = {
      id: 'r',
      at: T,
      reason: 'x',
      where: null,
      status: 422,
      bytes: 2,
      sha256: 'x',
      body: '{}',
      excerpt: null,
    };
    const log: Partial<EventLog> = {
      find: async (hashes) =>
        new Map(hashes.map((hash, n) => [hash, { position: n, receivedAt: T, hash, body: '{}' }])),
      refusals: async () => Array.from({ length: size }, () => refusal),
    };
    const app = Fastify();
    apps.push(app);
    await registerGraphql(app, {
      store: { reader: () => wideReader(size, calls) } as Partial<GraphStore> as GraphStore,
      log: counting(log, calls) as EventLog,
      clock: { now: () => T },
      version: '0.1.0',
      viewerOf: () => ({ name: 'me', scopes: ALL_SCOPES }),
      status: () => ({ role: 'all', store: 'memory', queue: 'memory', durability: 'none', backlog: 0 }),
      onChanges: () => () => false,
      merge: async () => null,
      split: async () => null,
      remark: async () => null,
      removeRemark: async () => null,
      replayRefusals: async () => [],
      limits: { cost: 100_000_000 },
    });
    await app.ready();
    return async (query) => {
      calls.length = 0;
      const { body } = await app.inject({ method: 'POST', url: '/graphql', payload: { query } });
      return { body, calls: [...calls].sort() };
    };
  }

  it('covers every type of the schema that a query can bring back', () => {
    const reached = new Set([...paths.keys(), ...NOT_YET, ...BY_MUTATION, ...OF_A_WALK]);
    const objects = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && !type.name.startsWith('__'),
    );
    const once = ['Query', 'Mutation', 'Subscription', 'HubStatus', 'Explanation', 'DryRun'];
    // Connections and answers of Query that no list holds: their own fields are read once.
    const fromQuery = Object.values(schema.getQueryType()?.getFields() ?? {}).map(
      ({ type }) => getNamedType(type).name,
    );
    expect(
      objects
        .map(({ name }) => name)
        .filter((name) => !reached.has(name) && !once.includes(name) && !fromQuery.includes(name)),
    ).toEqual([]);
  });

  it.each([...paths.values()].map((path) => [path.type.name, path] as const))(
    'are as many for a long list of %s as for a short one',
    async (name, { type, around }) => {
      const [short, long] = [await start(SHORT), await start(LONG)];
      for (const field of Object.values(type.getFields())) {
        const inner = getNamedType(field.type);
        const query = around(`asked: ${called(field)}${isCompositeType(inner) ? ' { __typename }' : ''}`);
        const [few, many] = [await short(query), await long(query)];
        expect(many.body, query).not.toContain('"errors"');
        const entries = (body: string): number => body.split('"asked":').length - 1;
        if (!BY_MUTATION.has(name)) expect(entries(many.body), query).toBeGreaterThan(entries(few.body));
        expect(many.calls, query).toEqual(few.calls);
      }
    },
  );
});
