/**
 * What readers of a graph answer, held against the export: whatever the export says, each method says too. The export
 * itself is held against the reference fold in `graph-store.ts`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ActivityLine,
  type ColumnEdgeLine,
  type DatasetLine,
  type EdgeLine,
  type ExportEvidence,
  type ExportInterval,
  type ExportLine,
  type FieldLine,
  type GraphReader,
  type GraphStore,
  type JobLine,
  type JobVersionLine,
  LOCAL_VIEWER,
  type RunLine,
  type SchemaField,
  type SchemaVersionLine,
} from '#lineage';
import { arbitraryHistory, THEMES, type ThemeName } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';

const SEED = 20_260_101;
const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const ALL = 10_000;
const BATCH = 4;
const themes = Object.keys(THEMES) as ThemeName[];

export interface GraphReaderContract {
  /** Makes an empty store whose clock is `now` (ms): it decides flow state alone. */
  make(now: () => number): Promise<{
    readonly store: Pick<GraphStore, 'apply' | 'export' | 'reader'>;
    remove(): Promise<void>;
  }>;
  /** Generated histories of each theme, and their greatest length. */
  readonly histories: { readonly runs: number; readonly length: number };
}

export function graphReaderContract(name: string, { make, histories }: GraphReaderContract): void {
  describe(`graph reader contract: ${name}`, () => {
    it('knows nothing of an empty graph', async () => {
      const made = await make(() => T0);
      const reader = made.store.reader(LOCAL_VIEWER);
      const id = 'dataset:db:nowhere';
      try {
        expect(await reader.resolve([id, 'no id'])).toEqual([null, null]);
        expect(await reader.assets([id])).toEqual([null]);
        expect(await reader.facets([id], null)).toEqual(new Map());
        expect(await reader.schemas([id])).toEqual(new Map());
        expect(await reader.neighbours([id])).toEqual(new Map());
        expect(await reader.namespaces()).toEqual([]);
        expect(await reader.counts()).toEqual({ datasets: 0, jobs: 0, fields: 0, edges: 0 });
        expect(await reader.runsById(['run:none'])).toEqual([null]);
        expect(await reader.edge('edge:READS|dataset:db:a|job:etl:j')).toBeNull();
        expect(await reader.cycles(10)).toEqual([]);
        expect(await reader.jobVersions(['job:etl:j'], 10)).toEqual(new Map());
      } finally {
        await made.remove();
      }
    });

    it('says when edges were said last, however often runs say the same', async () => {
      const made = await make(() => T0);
      const read = { namespace: 'db', name: 'a' };
      const columnLineage = { fields: { x: { inputFields: [{ ...read, field: 'y' }] } } };
      const run = (minute: number) => ({
        eventType: 'COMPLETE',
        eventTime: new Date(T0 + minute * MINUTE).toISOString(),
        producer: 'urn:p',
        run: { runId: `at ${minute}` },
        job: { namespace: 'etl', name: 'j' },
        inputs: [read],
        outputs: [{ namespace: 'db', name: 'b', facets: { columnLineage } }],
      });
      const last = [{ firstSeen: T0 + MINUTE, lastSeen: T0 + 3 * MINUTE }];
      try {
        for (const minute of [1, 2, 3]) await made.store.apply([logged(run(minute), minute)], T0);
        const reader = made.store.reader(LOCAL_VIEWER);
        const asked = { of: ['dataset:db:a'], direction: 'BOTH', limit: ALL, asOf: null } as const;
        for (const more of [{ depth: 5 }, { depth: 3 }, { depth: 3, asOf: T0 + 2 * MINUTE }]) {
          const { edges } = await reader.lineage({ ...asked, ...more });
          expect(edges.map(({ kind, evidence }) => [kind, evidence])).toMatchObject([
            ['READS', last],
            ['WRITES', last],
          ]);
        }
        const { edges } = await reader.columnLineage({ ...asked, depth: 5 });
        expect(edges).toMatchObject([{ evidence: last }]);
        for (const id of ['edge:READS:dataset:db:a:job:etl:j', edges[0]?.id ?? ''])
          expect(await reader.edge(id)).toMatchObject({ evidence: last });
      } finally {
        await made.remove();
      }
    });

    it('goes through a job as its pairs say, also where a job feeds the dataset before it', async () => {
      const made = await make(() => T0);
      const facet = (inputs: readonly object[]) => ({ _producer: 'urn:p', _schemaURL: 'urn:facet', inputs });
      const said = { eventTime: new Date(T0).toISOString(), producer: 'urn:p', schemaURL: 'urn:openlineage' };
      const dataset = (name: string) => ({ namespace: 'db', name, type: 'DATASET' });
      const job = { namespace: 'etl', name: 'feeder' };
      try {
        // feeder ─FEEDS▶ fed ─▶ j ─▶ out, which j makes of `other` alone
        const events = [
          { ...said, dataset: { ...dataset('fed'), facets: { lineage: facet([{ ...job, type: 'JOB' }]) } } },
          {
            ...said,
            job: { namespace: 'etl', name: 'j' },
            inputs: [dataset('fed'), dataset('other')],
            outputs: [{ ...dataset('out'), facets: { lineage: facet([dataset('other')]) } }],
          },
          { ...said, job },
        ];
        const { faults } = await made.store.apply(events.map((event, i) => logged(event, i + 1)));
        expect(faults).toEqual([]);
        const reached = async (of: string): Promise<string[]> => {
          const query = { of: [of], direction: 'DOWNSTREAM', depth: 3, limit: ALL, asOf: null } as const;
          return (await made.store.reader(LOCAL_VIEWER).lineage(query)).nodes.map(({ id }) => id).sort();
        };
        expect(await reached('dataset:db:other')).toEqual(['dataset:db:other', 'dataset:db:out', 'job:etl:j']);
        expect(await reached('job:etl:feeder')).toEqual(['dataset:db:fed', 'job:etl:feeder', 'job:etl:j']);
      } finally {
        await made.remove();
      }
    });

    it.each(themes)('says what the export says: %s', { timeout: 200_000 }, async (theme) => {
      const property = fc.asyncProperty(arbitraryHistory(theme, histories.length), async (events) => {
        const made = await make(() => T0 + 30 * MINUTE);
        try {
          // Batches of a few events: what is kept from one to the next, such as counts, has to hold too.
          const all = events.map((event, i) => logged(event, i + 1));
          for (let from = 0; from < all.length; from += BATCH) {
            const { faults } = await made.store.apply(all.slice(from, from + BATCH));
            expect(faults).toEqual([]);
          }
          const lines: ExportLine[] = [];
          for await (const line of made.store.export()) lines.push(JSON.parse(line) as ExportLine);
          await agrees(made.store.reader(LOCAL_VIEWER), sortOut(lines));
        } finally {
          await made.remove();
        }
      });
      await fc.assert(property, { seed: SEED, numRuns: histories.runs, endOnFailure: true });
    });
  });
}

interface Lines {
  readonly datasets: readonly DatasetLine[];
  readonly jobs: readonly JobLine[];
  readonly fields: readonly FieldLine[];
  readonly schemaVersions: readonly SchemaVersionLine[];
  readonly jobVersions: readonly JobVersionLine[];
  readonly runs: readonly RunLine[];
  readonly edges: readonly EdgeLine[];
  readonly columnEdges: readonly ColumnEdgeLine[];
  readonly activity: readonly ActivityLine[];
}

function sortOut(lines: readonly ExportLine[]): Lines {
  return {
    datasets: lines.flatMap((line) => (line.kind === 'dataset' ? line : [])),
    jobs: lines.flatMap((line) => (line.kind === 'job' ? line : [])),
    fields: lines.flatMap((line) => (line.kind === 'field' ? line : [])),
    schemaVersions: lines.flatMap((line) => (line.kind === 'schemaVersion' ? line : [])),
    jobVersions: lines.flatMap((line) => (line.kind === 'jobVersion' ? line : [])),
    runs: lines.flatMap((line) => (line.kind === 'run' ? line : [])),
    edges: lines.flatMap((line) => (line.kind === 'edge' ? line : [])),
    columnEdges: lines.flatMap((line) => (line.kind === 'columnEdge' ? line : [])),
    activity: lines.flatMap((line) => (line.kind === 'activity' ? line : [])),
  };
}

async function agrees(reader: GraphReader, lines: Lines): Promise<void> {
  await agreesOnAssets(reader, lines);
  await agreesOnSchemas(reader, lines);
  await agreesOnEdges(reader, lines);
  await agreesOnLineage(reader, lines);
  await agreesOnRuns(reader, lines);
}

async function agreesOnAssets(reader: GraphReader, { datasets, jobs, edges }: Lines): Promise<void> {
  const assets = [...datasets, ...jobs];
  const ids = assets.map(({ id }) => id);
  const expected = assets.map((line) => ({
    id: line.id,
    kind: line.kind,
    namespace: line.namespace,
    name: line.name,
    aliases: line.aliases,
    firstSeen: Date.parse(line.firstSeen),
    lastSeen: Date.parse(line.lastSeen),
    lifecycle: line.kind === 'dataset' ? line.lifecycle : 'ACTIVE',
    processing: line.kind === 'job' ? line.processingType : 'BATCH',
  }));
  expect(await reader.assets(ids)).toEqual(expected);
  expect(await reader.resolve(ids)).toEqual(ids);
  for (const { id, aliases } of assets) expect(await reader.resolve(aliases)).toEqual(aliases.map(() => id));
  for (const kind of ['dataset', 'job'] as const) {
    const ofKind = expected.filter((asset) => asset.kind === kind);
    for (const order of ['name', 'lastSeen'] as const) {
      const { items, total } = await reader.list({ kind, namespace: null, order, limit: ALL, offset: 0 });
      expect(total).toBe(ofKind.length);
      expect([...items].sort(byId)).toEqual([...ofKind].sort(byId));
      if (order === 'name') expect(items.map(({ id }) => id)).toEqual(ofKind.map(({ id }) => id));
      else
        expect(items.map(({ lastSeen }) => lastSeen)).toEqual(
          ofKind.map(({ lastSeen }) => lastSeen).sort((a, b) => b - a),
        );
      const page = await reader.list({ kind, namespace: null, order, limit: 1, offset: 1 });
      expect(page.items).toEqual(items.slice(1, 2));
    }
    const [namespace] = ofKind.map((asset) => asset.namespace);
    if (namespace === undefined) continue;
    const inOne = await reader.list({ kind, namespace, order: 'name', limit: ALL, offset: 0 });
    expect(inOne.total).toBe(ofKind.filter((asset) => asset.namespace === namespace).length);
  }
  const namespaces = (await reader.namespaces()).map((namespace) => namespace.name);
  expect(namespaces).toEqual([...new Set(expected.map(({ namespace }) => namespace))].sort());
  expect(await reader.counts()).toMatchObject({
    datasets: datasets.length,
    jobs: jobs.length,
    edges: edges.filter(holdsNow).length,
  });
  const facets = await reader.facets(ids, null);
  for (const { id, facets: byName } of assets) {
    const flat = Object.entries(byName).flatMap(([name, all]) =>
      all.map(({ at, ...facet }) => ({ ...facet, name, at: Date.parse(at) })),
    );
    const key = ({ scope, name, source }: (typeof flat)[number]): string => `${scope}\n${name}\n${source}`;
    expect(facets.get(id)).toEqual(flat.sort((a, b) => (key(a) < key(b) ? -1 : 1)));
  }
}

async function agreesOnSchemas(reader: GraphReader, { datasets, fields, schemaVersions }: Lines): Promise<void> {
  const shown = await reader.schemas(datasets.map(({ id }) => id));
  const history = await reader.schemaVersions(
    datasets.map(({ id }) => id),
    ALL,
  );
  const { fields: counted } = await reader.counts();
  expect(counted).toBe([...shown.values()].reduce((sum, schema) => sum + schema.fields.length, 0));
  for (const { id } of datasets) {
    const own = fields.filter(({ dataset }) => dataset === id).sort((a, b) => a.ordinal - b.ordinal);
    const byName = new Map((shown.get(id)?.fields ?? []).map((field) => [field.name, field]));
    // What a facet says of a field is no part of what has versions: a reader may add it.
    expect([...byName.values()].map(undescribed)).toEqual(own.map(({ field }) => undescribed(field)));
    const versions = schemaVersions.filter(({ dataset }) => dataset === id);
    const told = history.get(id) ?? [];
    const key = (version: { at: number; source: string; role: string }): string =>
      `${version.at}\n${version.source}\n${version.role}`;
    expect(told.map(({ at, source, role, fields: of }) => ({ at, source, role, fields: of })).sort(by(key))).toEqual(
      versions
        .map(({ at, source, role, fields: of }) => ({ at: Date.parse(at), source, role, fields: of }))
        .sort(by(key)),
    );
    const times = told.map(({ at }) => at);
    expect(times).toEqual([...times].sort(rising).reverse());
  }
}

async function agreesOnEdges(reader: GraphReader, { datasets, jobs, edges, columnEdges }: Lines): Promise<void> {
  for (const line of edges) {
    expect(await reader.edge(line.id)).toEqual({
      id: line.id,
      kind: line.edge,
      from: line.from,
      to: line.to,
      current: holdsNow(line),
      intervals: intervalsOf(line.intervals),
      evidence: evidenceOf(line.evidence),
    });
  }
  for (const line of columnEdges) {
    const { type, subtype, description, masking } = line;
    expect(await reader.edge(line.id)).toEqual({
      id: line.id,
      from: line.from,
      to: line.to,
      job: line.job,
      transformation: { type: type ?? '', subtype, description, masking },
      current: holdsNow(line),
      intervals: intervalsOf(line.intervals),
      evidence: evidenceOf(line.evidence),
    });
  }
  const now = edges.filter(holdsNow);
  const ids = [...datasets, ...jobs].map(({ id }) => id);
  const neighbours = await reader.neighbours(ids);
  for (const id of ids) {
    const into = (kind: string): string[] =>
      now.flatMap(({ edge, from, to }) => (edge === kind && to === id ? from : [])).sort();
    const outOf = (kind: string): string[] =>
      now.flatMap(({ edge, from, to }) => (edge === kind && from === id ? to : [])).sort();
    const isJob = id.startsWith('job:');
    expect(neighbours.get(id)).toEqual({
      readers: isJob ? [] : outOf('READS'),
      writers: isJob ? [] : into('WRITES'),
      reads: isJob ? into('READS') : [],
      writes: isJob ? outOf('WRITES') : [],
      parents: into('PARENT'),
    });
  }
}

async function agreesOnLineage(reader: GraphReader, { datasets, jobs, edges }: Lines): Promise<void> {
  const ids = [...datasets, ...jobs].map(({ id }) => id);
  const times = [...new Set(edges.flatMap(({ intervals }) => intervals.map(({ from }) => Date.parse(from))))];
  for (const asOf of [null, ...times.slice(0, 2)]) {
    const held = edges.filter((line) => line.edge !== 'PARENT' && holdsAt(line, asOf));
    for (const id of ids.slice(0, 4)) {
      for (const direction of ['UPSTREAM', 'DOWNSTREAM'] as const) {
        const reached = walk(id, held, direction, 3);
        const query = { of: [id], direction, depth: 3, limit: ALL, asOf };
        const answer = await reader.lineage(query);
        // Pairs of a lineage facet leave out what a walk over READS and WRITES alone would find, and never find more.
        expect([...reached]).toEqual(expect.arrayContaining(answer.nodes.map((node) => node.id)));
        const plain = await reader.lineage({ ...query, details: false });
        expect(plain.edges.map((edge) => edge.id)).toEqual(answer.edges.map((edge) => edge.id));
        for (const edge of answer.edges) {
          const line = edges.find((one) => one.id === edge.id);
          expect(edge.intervals).toEqual(intervalsOf(line?.intervals ?? []));
          expect(edge.evidence).toEqual(evidenceOf(line?.evidence ?? []));
        }
      }
    }
  }
}

function walk(from: string, edges: readonly EdgeLine[], direction: 'UPSTREAM' | 'DOWNSTREAM', depth: number) {
  const reached = new Set([from]);
  let border = [from];
  for (let step = 0; step < depth; step++) {
    border = edges.flatMap((edge) => {
      const [near, far] = direction === 'UPSTREAM' ? [edge.to, edge.from] : [edge.from, edge.to];
      return border.includes(near) && !reached.has(far) ? far : [];
    });
    for (const id of border) reached.add(id);
  }
  return reached;
}

async function agreesOnRuns(reader: GraphReader, { jobs, runs, jobVersions, activity }: Lines): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  const latest = await reader.latestRuns(ids);
  const pages = await reader.runs(ids, ALL, null);
  const jobVersionsOf = await reader.jobVersions(ids, ALL);
  const hoursOf = await reader.activity(ids, 0, Number.MAX_SAFE_INTEGER);
  for (const { id, processingType } of jobs) {
    const own = runs.filter(({ job }) => job === id);
    const { items, total } = pages.get(id) ?? { items: [], total: 0 };
    expect(total).toBe(own.length);
    const told = items.map(({ id: _, reads: __, writes: ___, ...run }) => run);
    expect([...told].sort(by((run) => run.runId))).toEqual(own.map(runOf).sort(by((run) => run.runId)));
    const starts = items.map(({ startedAt }) => startedAt);
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    expect(latest.get(id)).toEqual(items[0]);
    const [first] = items;
    if (first !== undefined) {
      const paged = [];
      for (let after: string | null = null; ; ) {
        const page = (await reader.runs([id], 1, after)).get(id);
        paged.push(...(page?.items ?? []));
        after = page?.next ?? null;
        if (after === null) break;
      }
      expect(paged).toEqual(items);
    }
    const versions = jobVersions
      .filter(({ job }) => job === id)
      .map(({ id: version, from, to, reads, writes, sql, codeLocation }) => ({
        id: version,
        from: Date.parse(from),
        to: to === null ? null : Date.parse(to),
        reads,
        writes,
        sql,
        codeLocation,
      }));
    expect(jobVersionsOf.get(id) ?? []).toEqual(versions.sort((a, b) => b.from - a.from));
    // Whether a batch job's hours are kept is the store's affair.
    if (processingType === 'BATCH') continue;
    const hours = hoursOf.get(id) ?? [];
    expect(hours.map(({ hour, observations }) => ({ hour, observations }))).toEqual(
      activity
        .filter(({ job }) => job === id)
        .map(({ hour, observations }) => ({ hour: Date.parse(hour), observations })),
    );
  }
  for (const { runId } of runs) {
    const same = runs.filter((run) => run.runId === runId).map(runOf);
    const [found] = await reader.runsById([`run:${runId}`]);
    expect(found?.run.startedAt).toBe(Math.min(...same.map(({ startedAt }) => startedAt)));
    expect([...(found?.otherJobs ?? []), found?.run.job].sort()).toEqual(same.map(({ job }) => job).sort());
  }
}

function runOf(line: RunLine) {
  const time = (text: string | null): number | null => (text === null ? null : Date.parse(text));
  return {
    runId: line.runId,
    job: line.job,
    state: line.state,
    processing: line.processingType,
    nominalStart: time(line.nominalStart),
    nominalEnd: time(line.nominalEnd),
    startedAt: Date.parse(line.startedAt),
    endedAt: time(line.endedAt),
    lastSeen: Date.parse(line.lastSeen),
    parent: line.parent,
    root: line.root,
    error: line.error,
  };
}

const by =
  <T>(key: (item: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
const undescribed = ({ name, type, fields }: SchemaField): unknown => ({ name, type, fields: fields.map(undescribed) });

const rising = (a: number, b: number): number => a - b;
const byId = by<{ readonly id: string }>(({ id }) => id);

const intervalsOf = (intervals: readonly ExportInterval[]) =>
  intervals.map(({ from, to }) => ({ from: Date.parse(from), to: to === null ? null : Date.parse(to) }));

const evidenceOf = (evidence: readonly ExportEvidence[]) =>
  evidence.map(({ firstSeen, lastSeen, ...rest }) => ({
    ...rest,
    firstSeen: Date.parse(firstSeen),
    lastSeen: Date.parse(lastSeen),
  }));

const holdsNow = ({ intervals }: { readonly intervals: readonly ExportInterval[] }): boolean =>
  intervals.some(({ to }) => to === null);

function holdsAt(line: EdgeLine, at: number | null): boolean {
  if (at === null) return holdsNow(line);
  return intervalsOf(line.intervals).some(({ from, to }) => from <= at && (to === null || at < to));
}
