/**
 * One OpenLineage event → the statements it makes. Pure: the same event gives the same delta, whatever else exists.
 *
 * ```
 * event ─┬─ run, job ─────▶ run statement, said(PARENT), said(TRIGGERS), run facets, progress
 *        ├─ inputs ───────▶ mentions, said(READS), reader schemas, statistics, quality
 *        ├─ outputs ──────▶ mentions, said(WRITES), said(COLUMNS), writer schemas, marks, symlinks
 *        └─ lineage facet ▶ said(READS, WRITES, PAIRS, PAIR_COLUMNS), of a dataset alone: said(FEEDS)
 * ```
 * Whatever a client leaves out, writes as null or in a wrong type says nothing; the rest of the event still counts.
 */
import type {
  AssetElement,
  AssetName,
  ColumnElement,
  Confidence,
  Delta,
  Direction,
  How,
  Mention,
  Name,
  Said,
  SnapshotStatement,
  StreamStatement,
  TimelineKey,
} from '../delta.ts';
import { parseInstant } from '../instant.ts';
import { canonicalDataset, canonicalJob } from '../names/canonical.ts';
import { sourceOf } from '../names/source-of.ts';
import {
  DatasetReading,
  type DatasetRole,
  type DatasetStatements,
  datasetStatements,
  mentionOf,
} from './dataset-statements.ts';
import { ElementList } from './element-list.ts';
import { explicitLineage } from './explicit-lineage.ts';
import { facetStatements } from './facet-statements.ts';
import { JobReading } from './job-reading.ts';
import { get, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts';
import { KnownFacets } from './known-facets.ts';
import { progressOf } from './progress-statement.ts';
import { dependenciesOf, parentJobOf, processingOf, runStatement } from './run-statement.ts';

/** Raised when what a stored graph must hold of an event changes, here or in what is derived; then the graph is rebuilt. */
export const REDUCTION_VERSION = 2;

const NOTHING_KNOWN = new KnownFacets(0);

/**
 * @param event the event as parsed JSON, redacted, of a shape that the door accepts
 * @param hash SHA-256 (lower-case hex) of the event's RFC 8785 form
 * @param known facets that earlier events had too; it decides no result
 * @throws Error where there is no readable eventTime, or neither job nor dataset: the door lets no such event in
 */
export function reduceEvent(event: unknown, hash: string, known: KnownFacets = NOTHING_KNOWN): Delta {
  const root = objectOf(event);
  const t = parseInstant(get(root, 'eventTime'));
  if (root === null || t === null) throw new Error('eventTime must be a date-time');
  const job = objectOf(get(root, 'job'));
  const run = objectOf(get(root, 'run'));
  const dataset = objectOf(get(root, 'dataset'));
  const stamp = { t, h: hash };
  if (job !== null) return reduceJobOrRun(root, job, run, stamp, known);
  if (dataset !== null) return reduceDataset(root, dataset, stamp, known);
  throw new Error('an event needs a job or a dataset');
}

function reduceJobOrRun(
  root: JsonObject,
  jobObject: JsonObject,
  runObject: JsonObject | null,
  stamp: Delta['stamp'],
  known: KnownFacets,
): Delta {
  const producer = textOf(get(root, 'producer')) ?? 'unknown';
  const kind = runObject === null ? 'JOB' : 'RUN';
  const jobFacets = objectOf(get(jobObject, 'facets'));
  const runFacets = objectOf(get(runObject, 'facets'));
  const said = nameOf(jobObject);
  const job = canonicalJob(said);
  const jobAsset: AssetName = { kind: 'job', ...job };
  const attestation = attestationOf(kind, producer, runFacets, jobFacets);
  const source = attestation.source;

  const mentions: Mention[] = [mentionOf(jobAsset, said)];
  const claims = new Claims(kind === 'RUN' ? 'RUN' : 'DECLARED', jobAsset, attestation);
  const statements = emptyStatements();
  const direction = attestation.may ? (['MAY_READ', 'MAY_WRITE'] as const) : (['READS', 'WRITES'] as const);

  const visit = (list: unknown, role: DatasetRole): void => {
    for (const item of listOf(list)) {
      const object = objectOf(item);
      if (object === null) continue;
      const facets = objectOf(get(object, 'facets'));
      const reading = datasetReading(known, nameOf(object), role, source, producer, facets);
      const { asset } = reading;
      mentions.push(reading.mention);
      if (role === 'READER') claims.add(direction[0], { kind: direction[0], from: asset, to: jobAsset });
      else claims.add(direction[1], { kind: direction[1], from: jobAsset, to: asset });
      datasetStatements(statements, { object, facets, reading, job });
      claims.addColumns(reading);
    }
  };
  visit(get(root, 'inputs'), 'READER');
  visit(get(root, 'outputs'), 'WRITER');

  const explicit = explicitLineage(jobAsset, kind === 'JOB', jobFacets, listOf(get(root, 'outputs')));
  if (explicit !== null) {
    for (const seen of explicit.datasets)
      mentions.push(mentionOf({ kind: 'dataset', ...canonicalDataset(seen) }, seen));
    for (const element of explicit.reads) claims.add(direction[0], { ...element, kind: direction[0] });
    for (const element of explicit.writes) claims.add(direction[1], { ...element, kind: direction[1] });
    for (const element of explicit.feeds) claims.add('FEEDS', element);
    for (const element of explicit.pairs) claims.add('PAIRS', element);
    for (const element of explicit.columns) claims.add('PAIR_COLUMNS', element);
    // `entries: []` of a JobEvent replaces what it declared before.
    if (kind === 'JOB' && explicit.fromJobFacet) {
      claims.sayEvenIfEmpty('PAIRS');
      claims.sayEvenIfEmpty('PAIR_COLUMNS');
    }
  }

  const runStatementOrNull = runObject === null ? null : runStatement(root, runObject, runFacets, jobFacets, stamp.h);
  const parent = parentJobOf(runFacets);
  if (parent !== null && (parent.namespace !== job.namespace || parent.name !== job.name)) {
    claims.add('PARENT', { kind: 'PARENT', from: { kind: 'job', ...parent }, to: jobAsset });
  }
  for (const element of dependenciesOf(jobAsset, objectOf(get(runFacets, 'jobDependencies'))))
    claims.add('TRIGGERS', element);

  const facets = statements.facets;
  const reading = known.reading(
    jobFacets,
    (held): held is JobReading => held instanceof JobReading && held.isOf(job, source, producer),
    () => new JobReading(jobAsset, source, producer, jobFacets),
  );
  for (const statement of reading.facets) facets.push(statement);
  facetStatements(facets, 'run', jobAsset, runFacets, source, producer);
  for (const stream of reading.streams) statements.streams.push(stream);

  return {
    stamp,
    kind,
    source,
    producer,
    job,
    run: runStatementOrNull,
    declaredProcessing: kind === 'JOB' ? processingOf(jobFacets) : null,
    mentions: distinct(mentions),
    said: claims.said(),
    snapshot: attestation.snapshot,
    ...statements,
    streams: lastOfEachStream(statements.streams),
    marks: lastOfEachDataset(statements.marks),
    symlinks: lastOfEachDataset(statements.symlinks),
    progress: kind === 'RUN' ? progressOf(runFacets) : null,
  };
}

function reduceDataset(root: JsonObject, object: JsonObject, stamp: Delta['stamp'], known: KnownFacets): Delta {
  const producer = textOf(get(root, 'producer')) ?? 'unknown';
  const facets = objectOf(get(object, 'facets'));
  const source = sourceOf(producer);
  const reading = datasetReading(known, nameOf(object), 'DATASET_EVENT', source, producer, facets);
  const { asset } = reading;
  const mentions: Mention[] = [reading.mention];
  const claims = new Claims('DECLARED', asset, {
    source,
    how: 'DECLARED',
    confidence: 'CERTAIN',
    may: false,
    snapshot: null,
  });
  const statements = emptyStatements();
  datasetStatements(statements, { object, facets, reading, job: null });
  claims.addColumns(reading);

  const explicit = explicitLineage(asset, true, null, [object]);
  if (explicit !== null) {
    for (const seen of explicit.datasets)
      mentions.push(mentionOf({ kind: 'dataset', ...canonicalDataset(seen) }, seen));
    for (const element of explicit.feeds) claims.add('FEEDS', element);
    for (const element of explicit.columns) claims.add('PAIR_COLUMNS', element);
    claims.sayEvenIfEmpty('FEEDS');
    claims.sayEvenIfEmpty('PAIR_COLUMNS');
  }
  return {
    stamp,
    kind: 'DATASET',
    source,
    producer,
    job: null,
    run: null,
    declaredProcessing: null,
    mentions: distinct(mentions),
    said: claims.said(),
    snapshot: null,
    ...statements,
    streams: lastOfEachStream(statements.streams),
    marks: lastOfEachDataset(statements.marks),
    symlinks: lastOfEachDataset(statements.symlinks),
    progress: null,
  };
}

/** Who says it, and how surely: by the producer, or by our own facets where a connector sends them. */
interface Attestation {
  readonly source: string;
  readonly how: How;
  readonly confidence: Confidence;
  readonly may: boolean;
  readonly snapshot: SnapshotStatement | null;
}

const HOWS: ReadonlySet<string> = new Set<How>(['OBSERVED', 'DECLARED', 'PARSED', 'INFERRED']);
const CONFIDENCES: ReadonlySet<string> = new Set<Confidence>(['CERTAIN', 'LIKELY', 'POSSIBLE']);
const CONFIDENCE_OF: Readonly<Record<How, Confidence>> = {
  OBSERVED: 'CERTAIN',
  DECLARED: 'CERTAIN',
  PARSED: 'LIKELY',
  INFERRED: 'POSSIBLE',
};

function attestationOf(
  kind: 'RUN' | 'JOB',
  producer: string,
  runFacets: JsonObject | null,
  jobFacets: JsonObject | null,
): Attestation {
  const evidence = objectOf(get(runFacets, 'headwater_evidence')) ?? objectOf(get(jobFacets, 'headwater_evidence'));
  const snapshot = snapshotOf(
    objectOf(get(runFacets, 'headwater_snapshot')) ?? objectOf(get(jobFacets, 'headwater_snapshot')),
  );
  const saidHow = textOf(get(evidence, 'how'));
  const how = saidHow !== null && HOWS.has(saidHow) ? (saidHow as How) : kind === 'RUN' ? 'OBSERVED' : 'DECLARED';
  const saidConfidence = textOf(get(evidence, 'confidence'));
  const confidence =
    saidConfidence !== null && CONFIDENCES.has(saidConfidence) ? (saidConfidence as Confidence) : CONFIDENCE_OF[how];
  return {
    source: snapshot?.source ?? textOf(get(evidence, 'source')) ?? sourceOf(producer),
    how,
    confidence,
    may: get(evidence, 'may') === true,
    snapshot,
  };
}

function snapshotOf(facet: JsonObject | null): SnapshotStatement | null {
  const source = textOf(get(facet, 'source'));
  const scope = textOf(get(facet, 'scope'));
  const id = textOf(get(facet, 'id'));
  const takenAt = parseInstant(get(facet, 'takenAt'));
  const part = numberOf(get(facet, 'part')) ?? 1;
  const parts = numberOf(get(facet, 'parts')) ?? 1;
  if (source === null || scope === null || id === null || takenAt === null) return null;
  if (!Number.isInteger(part) || !Number.isInteger(parts) || part < 1 || part > parts || parts > 100_000) return null;
  return { source, scope, id, takenAt, part, parts };
}

interface Timeline {
  readonly timeline: TimelineKey;
  readonly elements: ElementList;
}

/** The elements said, by timeline, in the order in which they came; the last of equal ones wins. */
class Claims {
  readonly #all: Timeline[] = [];
  readonly #byKey = new Map<string, Timeline>();
  readonly #mode: 'RUN' | 'DECLARED';
  readonly #owner: AssetName;
  readonly #attestation: Attestation;

  constructor(mode: 'RUN' | 'DECLARED', owner: AssetName, attestation: Attestation) {
    this.#mode = mode;
    this.#owner = owner;
    this.#attestation = attestation;
    // A snapshot's event speaks in the snapshot's timelines alone, and speaks even when it is empty.
    if (attestation.snapshot !== null) {
      this.#timeline('READS');
      this.#timeline('COLUMNS');
    }
  }

  add(direction: Direction, element: AssetElement | ColumnElement): void {
    this.#timeline(direction).add(element);
  }

  addColumns({ name, columns }: DatasetReading): void {
    if (columns.length > 0) this.#timeline('COLUMNS', name).addAll(columns);
  }

  sayEvenIfEmpty(direction: Direction): void {
    this.#timeline(direction);
  }

  said(): Said[] {
    const { how, confidence } = this.#attestation;
    return this.#all.map(({ timeline, elements }) => ({ timeline, how, confidence, elements: elements.elements }));
  }

  #timeline(direction: Direction, output?: Name): ElementList {
    const { source, snapshot } = this.#attestation;
    // A snapshot has one timeline for all its edges and one for all its columns.
    const whole = direction === 'COLUMNS' || direction === 'PAIR_COLUMNS' ? 'COLUMNS' : 'READS';
    const key =
      snapshot !== null
        ? whole
        : output === undefined
          ? direction
          : `${direction}\n${output.namespace}\n${output.name}`;
    const found = this.#byKey.get(key);
    if (found !== undefined) return found.elements;
    const timeline: TimelineKey =
      snapshot !== null
        ? { mode: 'SNAPSHOT', owner: null, source, direction: whole, scope: snapshot.scope }
        : { mode: this.#mode, owner: this.#owner, source, direction, ...(output === undefined ? {} : { output }) };
    const made: Timeline = { timeline, elements: new ElementList() };
    this.#byKey.set(key, made);
    this.#all.push(made);
    return made.elements;
  }
}

function datasetReading(
  known: KnownFacets,
  spelled: Name,
  role: DatasetRole,
  source: string,
  producer: string,
  facets: JsonObject | null,
): DatasetReading {
  return known.reading(
    facets,
    (held): held is DatasetReading => held instanceof DatasetReading && held.isOf(spelled, role, source, producer),
    () => new DatasetReading(spelled, role, source, producer, facets),
  );
}

function emptyStatements(): DatasetStatements {
  return { marks: [], streams: [], facets: [], symlinks: [], statistics: [], quality: [] };
}

function nameOf(object: JsonObject): Name {
  return { namespace: textOf(get(object, 'namespace')) ?? '', name: textOf(get(object, 'name')) ?? '' };
}

/** Up to here comparing with each is cheaper than a key's text. */
const FEW = 16;

/** One event may name a dataset twice: of two statements in one stream the last counts. */
function lastOfEachStream(streams: readonly StreamStatement[]): readonly StreamStatement[] {
  if (streams.length <= FEW && areApart(streams, isSameStream)) return streams;
  const last = new Map<string, StreamStatement>();
  for (const stream of streams) {
    const { kind, asset, role } = stream;
    const key = `${kind}\n${role ?? ''}\n${asset.namespace}\n${asset.name}`;
    last.delete(key);
    last.set(key, stream);
  }
  return [...last.values()];
}

function isSameStream(a: StreamStatement, b: StreamStatement): boolean {
  return (
    a.kind === b.kind && a.role === b.role && a.asset.name === b.asset.name && a.asset.namespace === b.asset.namespace
  );
}

function lastOfEachDataset<T extends { readonly dataset: Name }>(statements: readonly T[]): readonly T[] {
  if (statements.length < 2) return statements;
  const last = new Map<string, T>();
  for (const statement of statements) {
    const key = `${statement.dataset.namespace}\n${statement.dataset.name}`;
    last.delete(key);
    last.set(key, statement);
  }
  return [...last.values()];
}

function distinct(mentions: readonly Mention[]): readonly Mention[] {
  if (mentions.length <= FEW && areApart(mentions, isSameMention)) return mentions;
  const seen = new Map<string, Mention>();
  for (const m of mentions) {
    const key = `${m.asset.kind}\n${m.asset.namespace}\n${m.asset.name}\n${m.spelling?.namespace ?? ''}\n${m.spelling?.name ?? ''}`;
    if (!seen.has(key)) seen.set(key, m);
  }
  return [...seen.values()];
}

function isSameMention(a: Mention, b: Mention): boolean {
  return (
    a.asset.name === b.asset.name &&
    a.asset.namespace === b.asset.namespace &&
    a.asset.kind === b.asset.kind &&
    a.spelling?.name === b.spelling?.name &&
    a.spelling?.namespace === b.spelling?.namespace
  );
}

function areApart<T>(items: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  for (let i = 1; i < items.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [items[j], items[i]];
      if (a !== undefined && b !== undefined && isSame(a, b)) return false;
    }
  }
  return true;
}
