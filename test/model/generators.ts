/**
 * Histories of OpenLineage events as clients send them, and the ways in which they can arrive.
 *
 * Few names and few instants: ties, repeats, re-use of names and of runs are the rule here, not the exception. A theme
 * keeps to a part of the vocabulary, so that what belongs together meets often; `everything` mixes all of it.
 */
import fc from 'fast-check';
import { START_OF_TIME } from './delta-builder.ts';

/** A plain event, as JSON has it. */
export type JsonEvent = Readonly<Record<string, unknown>>;

/** Events are indexes into the history; each is delivered at least once. */
export interface Batch {
  readonly events: readonly number[];
  /** The store is closed and opened again after this batch, and the batch is applied once more. */
  readonly restart: boolean;
}
export type Delivery = readonly Batch[];

type Json = Readonly<Record<string, unknown>>;
type Parts = Readonly<Record<string, fc.Arbitrary<unknown>>>;

// ---- small words ----

const sometimes = <T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** An object of the parts that are there. */
const object = (parts: Parts): fc.Arbitrary<Json> =>
  fc.record(parts).map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const facet = (parts: Parts): fc.Arbitrary<Json> =>
  object({ _producer: fc.constant('https://example.com/facets'), _schemaURL: fc.constant('urn:facet'), ...parts });

const deleted = facet({ _deleted: fc.constant(true) });
const orDeleted = (arbitrary: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 4, arbitrary }, { weight: 1, arbitrary: deleted });

/** Minutes; two UTC hours and some of a third, so that equal statements meet within an hour and across hours. */
const MINUTES = [0, 1, 2, 3, 5, 20, 40, 59, 60, 61, 90, 119, 120, 1500];

/** As clients write it: in UTC, with an offset, without a zone, finer than milliseconds. */
const instant: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...MINUTES), fc.constantFrom(0, 0, 0, 0, 1, 2, 3))
  .map(([minutes, form]) => {
    const at = START_OF_TIME + minutes * 60_000;
    const utc = new Date(at).toISOString();
    if (form === 1) return new Date(at + 7_200_000).toISOString().replace('Z', '+02:00');
    if (form === 2) return utc.replace('Z', '');
    return form === 3 ? utc.replace('Z', '999Z') : utc;
  });

/** Two versions of one producer are one source; the other is another. */
const producer = fc.constantFrom(
  'https://github.com/acme/clients/tree/1.0.0/alpha',
  'https://github.com/acme/clients/tree/1.1.0/alpha',
  'https://github.com/acme/clients/tree/1.0.0/beta',
);

const dataset: fc.Arbitrary<Json> = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'c', 'd').map((name) => ({ namespace: 'db', name })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('shop.public.orders', 'SHOP.PUBLIC.ORDERS').map((name) => ({
      namespace: 'snowflake://org-acc',
      name,
    })),
  },
);
const jobName = fc.constantFrom('j', 'j', 'j', 'k').map((name) => ({ namespace: 'etl', name }));
const otherJob = fc.constantFrom('j', 'k', 'dag').map((name) => ({ namespace: 'etl', name }));
const runId = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('r1', 'r2', 'r3', 'r4') },
  { weight: 1, arbitrary: fc.constant('a***c') },
);
const eventType = fc.oneof(
  { weight: 3, arbitrary: fc.constant('START') },
  { weight: 4, arbitrary: fc.constant('COMPLETE') },
  { weight: 2, arbitrary: fc.constant('FAIL') },
  { weight: 2, arbitrary: fc.constantFrom('RUNNING', 'OTHER', 'ABORT') },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, 'complete') },
);
const field = fc.constantFrom('f', 'g');

// ---- facets ----

const schema = orDeleted(
  facet({
    fields: fc.constantFrom<unknown>(
      undefined,
      null,
      [],
      [{ name: 'f', type: 'int' }],
      [{ name: 'f', type: 'long', description: 'f as it was meant' }],
      [
        { name: 'f', type: 'int' },
        { name: 'g', type: 'text' },
      ],
      [
        { name: 'g', type: 'text' },
        { name: 'f', type: 'int' },
      ],
      [{ name: 'g', type: 'struct', fields: [{ name: 'h', type: 'int' }] }],
      [{ name: 'g', type: 'struct', fields: [{ name: 'i' }, { name: 'h', type: 'int' }] }],
    ),
  }),
);

const lifecycle = fc.oneof(
  facet({ lifecycleStateChange: fc.constantFrom('DROP', 'DROP', 'DROP', 'CREATE', 'TRUNCATE', 'OVERWRITE', 'ALTER') }),
  facet({ lifecycleStateChange: fc.constant('RENAME'), previousIdentifier: sometimes(dataset, 1) }),
);
const onlyDrops = facet({ lifecycleStateChange: fc.constantFrom('DROP', 'DROP', 'CREATE', 'RENAME') });

const identifiers = fc
  .array(dataset, { maxLength: 2 })
  .map((names) => names.map((name) => ({ ...name, type: 'TABLE' })));
const symlinks = fc.oneof({ weight: 5, arbitrary: facet({ identifiers }) }, { weight: 1, arbitrary: deleted });

const transformations = fc.constantFrom(
  undefined,
  [],
  [{ type: 'DIRECT', subtype: 'IDENTITY' }],
  [{ type: 'DIRECT', subtype: 'IDENTITY', description: 'as it is', masking: false }],
  [
    { type: 'DIRECT', subtype: 'IDENTITY', masking: true },
    { type: 'INDIRECT', subtype: 'FILTER' },
  ],
);
const inputField = fc
  .tuple(dataset, field, transformations)
  .map(([name, from, said]) => ({ ...name, field: from, ...(said === undefined ? {} : { transformations: said }) }));
const inputFields = fc.array(inputField, { maxLength: 2 });
const columnLineage = orDeleted(
  facet({
    fields: object({
      f: sometimes(
        inputFields.map((list) => ({ inputFields: list })),
        2,
      ),
      g: sometimes(
        inputFields.map((list) => ({ inputFields: list, transformationType: 'IDENTITY' })),
        4,
      ),
    }),
    dataset: sometimes(inputFields, 4),
  }),
);

const lineageInput = fc.oneof(
  { weight: 4, arbitrary: dataset.map((name) => ({ ...name, type: 'DATASET' })) },
  { weight: 3, arbitrary: inputField.map((input) => ({ ...input, type: 'DATASET' })) },
  { weight: 1, arbitrary: otherJob.map((name) => ({ ...name, type: 'JOB' })) },
  { weight: 1, arbitrary: fc.constant({ type: 'JOB' }) },
);
const lineageOf = {
  inputs: sometimes(fc.array(lineageInput, { maxLength: 2 }), 2),
  fields: sometimes(object({ f: fc.array(lineageInput, { maxLength: 2 }).map((inputs) => ({ inputs })) }), 3),
};
const lineageEntry = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(dataset, object(lineageOf)).map(([name, said]) => ({ ...name, type: 'DATASET', ...said })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(otherJob, object(lineageOf)).map(([name, said]) => ({ ...name, type: 'JOB', ...said })),
  },
  { weight: 1, arbitrary: object(lineageOf).map((said) => ({ type: 'JOB', ...said })) },
);
const lineageOfJob = orDeleted(facet({ entries: fc.array(lineageEntry, { maxLength: 2 }) }));
const lineageOfDataset = orDeleted(facet(lineageOf));

const jobType = (...kinds: readonly string[]): fc.Arbitrary<Json> =>
  orDeleted(
    facet({
      processingType: fc.constantFrom(...kinds),
      integration: fc.constant('X'),
      emissionPattern: sometimes(
        fc.constantFrom('ACCUMULATIVE', 'COMPLETE_SNAPSHOT').map((eventContentMode) => ({ eventContentMode })),
        2,
      ),
    }),
  );

const snapshot = facet({
  source: fc.constantFrom('kafka:one', 'kafka:one', 'kafka:two'),
  scope: fc.constantFrom('groups', 'groups', 'groups', 'topics'),
  id: fc.constantFrom('A', 'B', 'C'),
  takenAt: instant,
  part: fc.constantFrom(1, 1, 2),
  parts: fc.constantFrom(1, 2, 2),
});

const evidence = facet({
  how: fc.constantFrom('OBSERVED', 'PARSED', 'INFERRED'),
  confidence: sometimes(fc.constantFrom('CERTAIN', 'POSSIBLE'), 2),
  may: sometimes(fc.boolean(), 2),
  source: sometimes(fc.constant('kafka:one'), 4),
});

const parentRun = fc.constantFrom('d1', 'd1', 'd2', '***').map((id) => ({ runId: id }));
const dag = fc.constant({ namespace: 'etl', name: 'dag' });
const parent = facet({
  run: parentRun,
  job: dag,
  root: sometimes(fc.record({ run: parentRun, job: otherJob }), 3),
});

const dependencies = fc.array(
  otherJob.map((job) => ({ job })),
  { maxLength: 2 },
);
const jobDependencies = facet({ upstream: sometimes(dependencies, 2), downstream: sometimes(dependencies, 2) });
const nominalTime = facet({ nominalStartTime: instant, nominalEndTime: sometimes(instant, 2) });
const errorMessage = facet({ message: fc.constantFrom('no space', 'no time') });
const sql = orDeleted(facet({ query: fc.constantFrom('select 1', 'select 2') }));
const sourceCodeLocation = orDeleted(facet({ type: fc.constant('git'), url: fc.constantFrom('main.py', 'next.py') }));
const documentation = orDeleted(facet({ description: fc.constantFrom('one', 'two') }));
const progress = facet({ recordsPerSecond: fc.constantFrom(0, 12.5) });
/** How far a continuous job has come: by its watermark, by its position, or by a word that tells neither. */
const reach = facet({
  watermark: sometimes(instant, 2),
  inputs: sometimes(
    fc
      .tuple(dataset, fc.constantFrom(1, 2, 5), fc.constantFrom(2, 5, 9))
      .map(([name, position, endPosition]) => [{ ...name, partitions: [{ partition: '0', position, endPosition }] }]),
    2,
  ),
});
const freshness = orDeleted(
  facet({ watermark: sometimes(instant, 1), maxAge: sometimes(fc.constant({ fail: '1h' }), 3) }),
);

// ---- events ----

interface Theme {
  readonly weights: { readonly run: number; readonly job: number; readonly dataset: number };
  /** By facet name: what may stand there, in one of how many. */
  readonly runFacets: Parts;
  readonly jobFacets: Parts;
  readonly inputFacets: Parts;
  readonly outputFacets: Parts;
  readonly datasetFacets: Parts;
}

function eventOf(theme: Theme): fc.Arbitrary<JsonEvent> {
  const listOf = (facets: Parts) =>
    sometimes(
      fc.array(withFacets(dataset, facets, { inputFacets: {}, outputFacets: {} }), { maxLength: 3 }),
      // Half of the events say nothing of a direction: heartbeats, and COMPLETEs without the lists of their START.
      2,
    );
  const common = { eventTime: instant, producer, schemaURL: fc.constant('urn:openlineage') };
  const lists = { inputs: listOf(theme.inputFacets), outputs: listOf(theme.outputFacets) };
  const job = withFacets(jobName, theme.jobFacets);
  const run = withFacets(
    runId.map((id) => ({ runId: id })),
    theme.runFacets,
  );
  // The parent's own runs: without them its edges have no end.
  const parentEvent = object({
    ...common,
    eventType,
    run: parentRun,
    job: dag,
  });
  return fc.oneof(
    { weight: theme.weights.run * 8, arbitrary: object({ ...common, eventType, run, job, ...lists }) },
    { weight: theme.weights.run, arbitrary: parentEvent },
    { weight: theme.weights.job * 9, arbitrary: object({ ...common, job, ...lists }) },
    {
      weight: theme.weights.dataset * 9,
      arbitrary: object({ ...common, dataset: withFacets(dataset, theme.datasetFacets) }),
    },
  );
}

function withFacets(named: fc.Arbitrary<Json>, facets: Parts, more: Readonly<Record<string, Parts>> = {}) {
  const holders = { facets, ...more };
  const arbitraries = Object.entries(holders).map(([key, parts]) =>
    object(parts).map((value) => [key, value] as const),
  );
  return fc.tuple(named, ...arbitraries).map(
    ([name, ...all]): Json => ({
      ...name,
      ...Object.fromEntries(all.filter(([, value]) => Object.keys(value).length > 0)),
    }),
  );
}

const PLAIN: Theme = {
  weights: { run: 1, job: 0, dataset: 0 },
  runFacets: {},
  jobFacets: {},
  inputFacets: {},
  outputFacets: {},
  datasetFacets: {},
};

const EVERYTHING: Theme = {
  weights: { run: 8, job: 2, dataset: 2 },
  runFacets: {
    parent: sometimes(parent, 4),
    nominalTime: sometimes(nominalTime, 12),
    errorMessage: sometimes(errorMessage, 12),
    jobDependencies: sometimes(jobDependencies, 8),
    headwater_evidence: sometimes(evidence, 8),
    headwater_snapshot: sometimes(snapshot, 10),
    headwater_progress: sometimes(progress, 10),
  },
  jobFacets: {
    jobType: sometimes(jobType('BATCH', 'STREAMING', 'SERVICE'), 5),
    lineage: sometimes(lineageOfJob, 8),
    sql: sometimes(sql, 6),
    sourceCodeLocation: sometimes(sourceCodeLocation, 8),
    documentation: sometimes(documentation, 10),
  },
  inputFacets: {
    schema: sometimes(schema, 6),
    symlinks: sometimes(symlinks, 8),
    lifecycleStateChange: sometimes(lifecycle, 12),
  },
  outputFacets: {
    schema: sometimes(schema, 4),
    columnLineage: sometimes(columnLineage, 4),
    lineage: sometimes(lineageOfDataset, 12),
    lifecycleStateChange: sometimes(lifecycle, 5),
    symlinks: sometimes(symlinks, 8),
    documentation: sometimes(documentation, 8),
  },
  datasetFacets: {
    schema: sometimes(schema, 3),
    columnLineage: sometimes(columnLineage, 4),
    lineage: sometimes(lineageOfDataset, 4),
    lifecycleStateChange: sometimes(lifecycle, 4),
    symlinks: sometimes(symlinks, 4),
    documentation: sometimes(documentation, 4),
  },
};

/** By what is looked at. */
export const THEMES = {
  runs: { ...PLAIN, runFacets: { parent: sometimes(parent, 2) } },
  continuous: {
    ...PLAIN,
    weights: { run: 8, job: 1, dataset: 0 },
    jobFacets: { jobType: sometimes(jobType('BATCH', 'STREAMING', 'STREAMING', 'SERVICE'), 2) },
    runFacets: { parent: sometimes(parent, 8), headwater_progress: sometimes(progress, 8) },
  },
  drops: {
    ...PLAIN,
    weights: { run: 4, job: 1, dataset: 1 },
    jobFacets: { jobType: sometimes(jobType('STREAMING', 'BATCH'), 8) },
    outputFacets: { lifecycleStateChange: sometimes(onlyDrops, 3), symlinks: sometimes(symlinks, 12) },
    datasetFacets: { lifecycleStateChange: sometimes(onlyDrops, 2) },
  },
  names: {
    ...PLAIN,
    weights: { run: 3, job: 1, dataset: 2 },
    outputFacets: { lifecycleStateChange: sometimes(lifecycle, 3), symlinks: sometimes(symlinks, 4) },
    datasetFacets: { lifecycleStateChange: sometimes(lifecycle, 2), symlinks: sometimes(symlinks, 2) },
  },
  schemas: {
    ...PLAIN,
    weights: { run: 4, job: 1, dataset: 2 },
    jobFacets: {
      sql: sometimes(sql, 2),
      sourceCodeLocation: sometimes(sourceCodeLocation, 3),
      jobType: sometimes(jobType('STREAMING', 'BATCH'), 8),
    },
    inputFacets: { schema: sometimes(schema, 2), documentation: sometimes(documentation, 4) },
    outputFacets: {
      schema: sometimes(schema, 2),
      lifecycleStateChange: sometimes(lifecycle, 12),
      documentation: sometimes(documentation, 4),
    },
    datasetFacets: { schema: sometimes(schema, 2), documentation: sometimes(documentation, 3) },
  },
  snapshots: {
    ...PLAIN,
    weights: { run: 3, job: 3, dataset: 0 },
    runFacets: { headwater_snapshot: sometimes(snapshot, 2), headwater_evidence: sometimes(evidence, 3) },
    jobFacets: { headwater_snapshot: sometimes(snapshot, 2) },
    outputFacets: { columnLineage: sometimes(columnLineage, 3) },
  },
  declared: {
    ...PLAIN,
    weights: { run: 2, job: 4, dataset: 2 },
    jobFacets: { lineage: sometimes(lineageOfJob, 2), headwater_evidence: sometimes(evidence, 6) },
    runFacets: { jobDependencies: sometimes(jobDependencies, 3) },
    outputFacets: { columnLineage: sometimes(columnLineage, 3), lineage: sometimes(lineageOfDataset, 4) },
    datasetFacets: { columnLineage: sometimes(columnLineage, 2), lineage: sometimes(lineageOfDataset, 2) },
  },
  columns: {
    ...PLAIN,
    weights: { run: 4, job: 1, dataset: 1 },
    outputFacets: {
      columnLineage: sometimes(columnLineage, 1),
      lifecycleStateChange: sometimes(lifecycle, 8),
      symlinks: sometimes(symlinks, 8),
    },
    datasetFacets: { columnLineage: sometimes(columnLineage, 1) },
  },
  'data-times': {
    ...PLAIN,
    weights: { run: 8, job: 1, dataset: 1 },
    runFacets: {
      nominalTime: sometimes(nominalTime, 8),
      parent: sometimes(parent, 12),
      headwater_progress: sometimes(reach, 4),
    },
    jobFacets: { jobType: sometimes(jobType('BATCH', 'STREAMING'), 8) },
    inputFacets: { headwater_freshness: sometimes(freshness, 8) },
    outputFacets: { headwater_freshness: sometimes(freshness, 8), symlinks: sometimes(symlinks, 24) },
    datasetFacets: { headwater_freshness: sometimes(freshness, 2) },
  },
  everything: EVERYTHING,
} satisfies Readonly<Record<string, Theme>>;

export type ThemeName = keyof typeof THEMES;

export function arbitraryHistory(theme: ThemeName, maxLength = 25): fc.Arbitrary<readonly JsonEvent[]> {
  // By default fast-check makes short lists, however long they may be.
  return fc.array(eventOf(THEMES[theme]), { minLength: 1, maxLength, size: 'max' });
}

// ---- delivery ----

interface Step {
  readonly pick: number;
  readonly endsBatch: boolean;
  readonly restart: boolean;
}

/** Which event comes next, and whether its batch ends with it, and with a restart. */
const arbitrarySteps = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.record({
      pick: fc.nat(997),
      endsBatch: fc.constantFrom(true, false),
      restart: fc.constantFrom(false, false, false, false, false, true),
    }),
    { maxLength, size: 'max' },
  );

/** A permutation of the history, with repeats, split into batches: what the steps pick, then what they left out. */
export function deliveryOf(length: number, steps: readonly Step[]): Delivery {
  const batches: { events: number[]; restart: boolean }[] = [{ events: [], restart: false }];
  const held = new Set<number>();
  const deliver = (event: number): void => {
    held.add(event);
    batches.at(-1)?.events.push(event);
  };
  for (const { pick, endsBatch, restart } of steps) {
    if (length > 0) deliver(pick % length);
    if (endsBatch) {
      batches.splice(-1, 1, { events: batches.at(-1)?.events ?? [], restart });
      batches.push({ events: [], restart: false });
    }
  }
  for (let event = 0; event < length; event++) if (!held.has(event)) deliver(event);
  return batches.filter(({ events }) => events.length > 0);
}

export const arbitraryDelivery = (history: readonly JsonEvent[]): fc.Arbitrary<Delivery> =>
  arbitrarySteps(2 * history.length).map((steps) => deliveryOf(history.length, steps));

export interface Arrival {
  readonly events: readonly JsonEvent[];
  readonly delivery: Delivery;
}

/** A history and one way in which it arrives; the two shrink apart from each other. */
export const arbitraryArrival = (theme: ThemeName, maxLength = 25): fc.Arbitrary<Arrival> =>
  fc
    .tuple(arbitraryHistory(theme, maxLength), arbitrarySteps(2 * maxLength))
    .map(([events, steps]) => ({ events, delivery: deliveryOf(events.length, steps) }));
