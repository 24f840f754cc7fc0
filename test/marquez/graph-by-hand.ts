/** A graph from plain tables, and a log of plain events: what a store and a log would answer to the Marquez-compatible reads. */
import {
  type Asset,
  type ColumnEdge,
  type EventLog,
  type Facet,
  type GraphReader,
  type LoggedEvent,
  parseInstant,
  type Run,
  type SchemaField,
} from '#lineage';

export const WH = 'postgres://wh:5432';
export const AF = 'airflow-prod';
const at = (text: string): number => parseInstant(text) ?? Number.NaN;
export const T0 = at('2026-01-01T00:00:00Z');
export const NOW = at('2026-01-02T10:30:00Z');

interface JobFixture {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly parent?: string;
  readonly processing?: Asset['processing'];
  readonly runs?: readonly Run[];
}

/** A graph by hand: what a store would answer, from plain tables. */
export interface Fixture {
  readonly datasets?: Readonly<Record<string, readonly SchemaField[]>>;
  readonly jobs?: Readonly<Record<string, JobFixture>>;
  readonly facets?: Readonly<Record<string, readonly Facet[]>>;
  readonly columns?: readonly (readonly [from: string, to: string])[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly events?: readonly Readonly<Record<string, unknown>>[];
}

export const dataset = (name: string): string => `dataset:${WH}:${name}`;
export const job = (name: string): string => `job:${AF}:${name}`;
export const field = (name: string): string => `datasetField:${WH}:${name}`;

export const run = (id: string, name: string, more: Partial<Run> = {}): Run => ({
  id: `run:${id}`,
  runId: id,
  job: job(name),
  state: 'COMPLETED',
  processing: 'BATCH',
  nominalStart: null,
  nominalEnd: null,
  startedAt: T0 + 8_000,
  endedAt: T0 + 9_500,
  lastSeen: T0 + 9_500,
  parent: null,
  root: null,
  error: null,
  reads: [],
  writes: [],
  ...more,
});

export const facet = (scope: Facet['scope'], name: string, value: unknown): Facet => ({
  scope,
  name,
  source: 'openlineage:test',
  producer: 'https://example.com/producer',
  schemaURL: `https://example.com/${name}.json`,
  at: T0,
  value,
});

export const column = (name: string, type: string): SchemaField => ({ name, type, description: null, fields: [] });

export function readerOf(fixture: Fixture): GraphReader {
  const assets = new Map<string, Asset>();
  const add = (id: string, kind: Asset['kind'], namespace: string, processing: Asset['processing']) =>
    assets.set(id, {
      id,
      kind,
      namespace,
      name: id.slice(`${kind}:${namespace}:`.length),
      aliases: [],
      firstSeen: T0,
      lastSeen: T0 + 9_500,
      lifecycle: 'ACTIVE',
      processing,
    });
  for (const name of Object.keys(fixture.datasets ?? {})) add(dataset(name), 'dataset', WH, 'BATCH');
  for (const [name, { reads = [], writes = [], processing = 'BATCH' }] of Object.entries(fixture.jobs ?? {})) {
    add(job(name), 'job', AF, processing);
    for (const each of [...reads, ...writes])
      if (!assets.has(dataset(each))) add(dataset(each), 'dataset', WH, 'BATCH');
  }
  const jobs = Object.entries(fixture.jobs ?? {});
  const runs = jobs.flatMap(([, each]) => each.runs ?? []).sort((a, b) => b.startedAt - a.startedAt);
  const fieldOf = (id: string) => {
    const cut = id.lastIndexOf(':');
    return { id, dataset: `dataset:${id.slice('datasetField:'.length, cut)}`, name: id.slice(cut + 1) };
  };
  const canonical = (id: string) => fixture.aliases?.[id] ?? id;
  const page = <T>(items: readonly T[], limit: number, offset: number) => ({
    items: items.slice(offset, offset + limit),
    next: null,
    total: items.length,
  });
  const answers: Partial<GraphReader> = {
    resolve: async (ids) => ids.map((id) => (assets.has(canonical(id)) ? canonical(id) : null)),
    assets: async (ids) => ids.map((id) => assets.get(canonical(id)) ?? null),
    list: async ({ kind, namespace, order, limit, offset }) =>
      page(
        [...assets.values()]
          .filter((asset) => asset.kind === kind && (namespace === null || asset.namespace === namespace))
          .sort((a, b) => (order === 'name' ? (a.name < b.name ? -1 : 1) : b.lastSeen - a.lastSeen)),
        limit,
        offset,
      ),
    namespaces: async () =>
      [...new Set([...assets.values()].map((asset) => asset.namespace))].map((name) => ({
        name,
        firstSeen: T0,
        lastSeen: T0 + 9_500,
      })),
    facets: async (ids, names) =>
      new Map(ids.map((id) => [id, (fixture.facets?.[id] ?? []).filter(({ name }) => names?.includes(name) ?? true)])),
    runFacets: async (ids) => new Map(ids.map((id) => [id, fixture.facets?.[id] ?? []])),
    schemas: async (ids) =>
      new Map(ids.map((id) => [id, { fields: fixture.datasets?.[assets.get(id)?.name ?? ''] ?? [], partial: false }])),
    schemaVersions: async () => new Map(),
    neighbours: async (ids) =>
      new Map(
        ids.map((id) => {
          const own = fixture.jobs?.[assets.get(id)?.name ?? ''];
          const isJob = id.startsWith('job:');
          const by = (direction: 'reads' | 'writes') =>
            jobs.filter(([, each]) => each[direction]?.some((name) => dataset(name) === id)).map(([name]) => job(name));
          return [
            id,
            {
              readers: isJob ? [] : by('reads'),
              writers: isJob ? [] : by('writes'),
              reads: isJob ? (own?.reads ?? []).map(dataset) : [],
              writes: isJob ? (own?.writes ?? []).map(dataset) : [],
              parents: isJob && own?.parent !== undefined ? [job(own.parent)] : [],
            },
          ];
        }),
      ),
    recentRuns: async (ids, first) =>
      new Map(ids.map((id) => [id, runs.filter((each) => each.job === id).slice(0, first)])),
    latestRuns: async (ids) => {
      const found = new Map<string, Run>();
      for (const id of ids) {
        const latest = runs.find((each) => each.job === id);
        if (latest !== undefined) found.set(id, latest);
      }
      return found;
    },
    runs: async (ids, first) =>
      new Map(
        ids.map((id) => [
          id,
          page(
            runs.filter((each) => each.job === id),
            first,
            0,
          ),
        ]),
      ),
    runsById: async (ids) =>
      ids.map((id) => {
        const found = runs.find((each) => each.runId === id || each.id === id);
        return found === undefined ? null : { run: found, otherJobs: [] };
      }),
    jobVersions: async (ids) =>
      new Map(
        ids.map((id) => [
          id,
          runs
            .filter((each) => each.job === id)
            .map(({ startedAt, reads, writes }, i) => ({
              id: `${id}#${i}`,
              from: startedAt,
              to: null,
              reads,
              writes,
              sql: null,
              codeLocation: null,
            })),
        ]),
      ),
    // Edges one step up from what is asked: enough for the two levels of the fixtures.
    columnLineage: async ({ of, direction, depth }) => {
      const all = (fixture.columns ?? []).map(
        ([from, to]): ColumnEdge => ({
          id: `${from}>${to}`,
          from,
          to,
          job: null,
          transformation: { type: '', subtype: null, description: null, masking: null },
          current: true,
          intervals: [],
          evidence: [],
        }),
      );
      const wanted = new Set(
        of.flatMap((id) =>
          id.startsWith('dataset:')
            ? all.flatMap((edge) => [edge.from, edge.to]).filter((each) => fieldOf(each).dataset === id)
            : [id],
        ),
      );
      const start = new Set(wanted);
      const taken = new Set<ColumnEdge>();
      for (let step = 0; step < depth; step++) {
        for (const edge of all) {
          if (wanted.has(edge.to) || (direction === 'BOTH' && wanted.has(edge.from))) taken.add(edge);
        }
        for (const edge of taken) {
          wanted.add(edge.from);
          if (direction === 'BOTH') wanted.add(edge.to);
        }
      }
      const ids = new Set([...start, ...[...taken].flatMap((edge) => [edge.from, edge.to])]);
      return { fields: [...ids].map(fieldOf), edges: [...taken], cut: [] };
    },
    search: async ({ text, types }) =>
      page(
        [...assets.values()]
          .filter(
            (asset) => (types?.includes(asset.kind) ?? true) && asset.name.toLowerCase().includes(text.toLowerCase()),
          )
          .map((asset) => ({ asset, matched: 'name' })),
        1_000,
        0,
      ),
  };
  return new Proxy({} as GraphReader, {
    get: (_, name) => Reflect.get(answers, name),
    has: (_, name) => name in answers,
  });
}

export function logOf(events: readonly Readonly<Record<string, unknown>>[]): EventLog {
  const logged = events.map(
    (event, i): LoggedEvent => ({ position: i + 1, receivedAt: NOW, hash: String(i), body: JSON.stringify(event) }),
  );
  const read: EventLog['read'] = async (after, limit) =>
    logged.filter(({ position }) => position > after).slice(0, limit);
  return new Proxy({} as EventLog, { get: (_, name) => (name === 'read' ? read : undefined), has: () => false });
}
