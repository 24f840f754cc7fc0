/**
 * Deltas by hand, for named examples: minutes as times, one letter as a name.
 *
 * ```ts
 * run(0, 'START', 'r1', { reads: 'a', writes: 'x' }), run(10, 'COMPLETE', 'r1')
 * ```
 * Datasets lie in the namespace `db`, jobs in `jobs`; the job is `j` and the source `s` unless told otherwise.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../libs/lineage/canonical-json.ts';
import type {
  AssetElement,
  AssetName,
  ColumnElement,
  Confidence,
  Delta,
  Direction,
  Element,
  FacetStatement,
  How,
  Mark,
  MarkKind,
  Mention,
  Name,
  Processing,
  RunEventType,
  RunStatement,
  Said,
  SchemaRole,
  SnapshotStatement,
  StreamStatement,
  SymlinkStatement,
  TimelineKey,
} from '../../libs/lineage/delta.ts';

/** Minute 0. */
export const START_OF_TIME = Date.UTC(2026, 0, 1);
export const minute = (m: number): number => START_OF_TIME + m * 60_000;

export const datasetName = (name: string): Name => ({ namespace: 'db', name });
export const jobName = (name: string): Name => ({ namespace: 'jobs', name });
const dataset = (name: string): AssetName => ({ kind: 'dataset', ...datasetName(name) });
const job = (name: string): AssetName => ({ kind: 'job', ...jobName(name) });

type Fields = Partial<Pick<RunStatement, 'nominalStart' | 'nominalEnd' | 'error' | 'root'>>;

export interface Details {
  readonly job?: string;
  readonly source?: string;
  /** Instead of the one made of the content: to try ties, and which of them wins. */
  readonly h?: string;
  /** Datasets by name, separated by blanks: `'a b'`. */
  readonly reads?: string;
  readonly writes?: string;
  readonly mayRead?: string;
  readonly mayWrite?: string;
  /** Job names. */
  readonly triggers?: string;
  readonly parent?: { readonly job: string; readonly run: string };
  readonly processing?: Processing['type'] | 'COMPLETE_SNAPSHOT';
  /** Of the output they name: `'a.x>o.y'`, with type and subtype `'a.x>o.y:DIRECT/IDENTITY'`. */
  readonly columns?: string;
  readonly columnNotes?: Pick<ColumnElement, 'description' | 'masking'>;
  /** Of the lineage facet: `'a>x'`; `''`: `entries: []`. */
  readonly pairs?: string;
  /** Dataset to dataset without a job: `'a>x'`; `''`: the facet is empty. */
  readonly feeds?: string;
  /** `'CREATE x'`, `'RENAME a>b'`; several separated by commas. */
  readonly marks?: string;
  /** `'P: L1 L2'`; `'P: -'`: deleted. */
  readonly symlinks?: string;
  /** `'x: id int, name text'`; `'x: -'`: deleted. Its role is told by the event. */
  readonly schema?: string;
  readonly role?: SchemaRole;
  /** null: deleted. */
  readonly sql?: string | null;
  readonly codeLocation?: string;
  readonly facets?: readonly (Pick<FacetStatement, 'scope' | 'name' | 'value'> & { readonly on: string })[];
  readonly snapshot?: Pick<SnapshotStatement, 'id' | 'part' | 'parts'> & {
    readonly at: number;
    readonly scope?: string;
  };
  readonly how?: How;
  readonly confidence?: Confidence;
  /** Spellings of a dataset: `'a=A'`. */
  readonly spelled?: string;
  readonly fields?: Fields;
}

export function run(at: number, type: RunEventType | null, runId: string, details: Details = {}): Delta {
  const { parent, processing, fields } = details;
  return delta('RUN', at, details, {
    run: {
      runId,
      type,
      ...(processing === undefined ? {} : { processing: processingOf(processing) }),
      ...(parent === undefined ? {} : { parent: { job: jobName(parent.job), runId: parent.run } }),
      ...fields,
    },
  });
}

export const jobEvent = (at: number, details: Details = {}): Delta =>
  delta('JOB', at, details, {
    declaredProcessing: details.processing === undefined ? null : processingOf(details.processing),
  });

export const datasetEvent = (at: number, name: string, details: Details = {}): Delta =>
  delta('DATASET', at, details, { about: dataset(name) });

function processingOf(word: Processing['type'] | 'COMPLETE_SNAPSHOT'): Processing {
  return word === 'COMPLETE_SNAPSHOT' ? { type: 'STREAMING', content: word } : { type: word, content: 'ACCUMULATIVE' };
}

interface Kept {
  readonly run?: RunStatement;
  readonly declaredProcessing?: Processing | null;
  readonly about?: AssetName;
}

function delta(kind: Delta['kind'], at: number, details: Details, kept: Kept): Delta {
  const { source = 's', how = 'OBSERVED', confidence = 'CERTAIN' } = details;
  const owner = kept.about ?? job(details.job ?? 'j');
  const said: Said[] = [];
  const say = (direction: Direction, elements: readonly Element[] | null, output?: Name): void => {
    if (elements === null) return;
    const timeline: TimelineKey =
      details.snapshot === undefined
        ? { mode: kind === 'RUN' ? 'RUN' : 'DECLARED', owner, source, direction, ...(output && { output }) }
        : { mode: 'SNAPSHOT', owner: null, source, direction: 'READS', scope: details.snapshot.scope ?? 'all' };
    said.push({ timeline, how, confidence, elements });
  };
  const edges = (
    direction: Direction,
    names: string | undefined,
    edge: (name: string) => Pick<AssetElement, 'from' | 'to'>,
  ) => (names === undefined ? null : words(names).map((name): AssetElement => ({ kind: direction, ...edge(name) })));
  const read = (name: string) => ({ from: dataset(name), to: owner });
  const write = (name: string) => ({ from: owner, to: dataset(name) });
  const pair = (text: string) => {
    const [from = '', to = ''] = text.split('>');
    return { from: dataset(from), to: dataset(to) };
  };
  say('READS', edges('READS', details.reads, read));
  say('WRITES', edges('WRITES', details.writes, write));
  say('MAY_READ', edges('MAY_READ', details.mayRead, read));
  say('MAY_WRITE', edges('MAY_WRITE', details.mayWrite, write));
  say(
    'TRIGGERS',
    edges('TRIGGERS', details.triggers, (name) => ({ from: job(name), to: owner })),
  );
  say(
    'PARENT',
    edges('PARENT', details.parent?.job, (name) => ({ from: job(name), to: owner })),
  );
  say('PAIRS', edges('PAIRS', details.pairs, pair));
  say('FEEDS', edges('FEEDS', details.feeds, pair));
  for (const column of words(details.columns ?? '')) {
    const element = columnOf(column, details.columnNotes ?? {});
    say('COLUMNS', [element], element.to);
  }
  if (details.snapshot !== undefined && said.length === 0) say('READS', []);

  const snapshot = details.snapshot && {
    source,
    scope: details.snapshot.scope ?? 'all',
    id: details.snapshot.id,
    takenAt: minute(details.snapshot.at),
    part: details.snapshot.part,
    parts: details.snapshot.parts,
  };
  const rest = {
    kind,
    source,
    producer: `https://example.com/${source}`,
    job: owner.kind === 'job' ? { namespace: owner.namespace, name: owner.name } : null,
    run: kept.run ?? null,
    declaredProcessing: kept.declaredProcessing ?? null,
    mentions: mentionsOf(owner, details),
    said,
    snapshot: snapshot ?? null,
    marks: marksOf(details.marks),
    streams: streamsOf(kind, owner, source, details),
    facets: (details.facets ?? []).map(({ on, ...facet }) => ({
      ...facet,
      asset: facet.scope === 'job' || facet.scope === 'run' ? job(on) : dataset(on),
      source,
      producer: `https://example.com/${source}`,
      schemaURL: null,
    })),
    symlinks: symlinksOf(details.symlinks, source),
    statistics: [],
    quality: [],
    progress: null,
  } satisfies Omit<Delta, 'stamp'>;
  const t = minute(at);
  return { stamp: { t, h: details.h ?? sha256(canonicalJson({ t, ...rest })) }, ...rest };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

function columnOf(text: string, notes: Pick<ColumnElement, 'description' | 'masking'>): ColumnElement {
  const [path = '', transformation = ''] = text.split(':');
  const [from = '', to = ''] = path.split('>');
  const [fromDataset = '', fromField = ''] = from.split('.');
  const [toDataset = '', toField = ''] = to.split('.');
  const [type = '', subtype = ''] = transformation.split('/');
  const ends = { from: datasetName(fromDataset), fromField, to: datasetName(toDataset), toField };
  return { kind: 'COLUMN', ...ends, type, subtype, ...notes };
}

function mentionsOf(owner: AssetName, details: Details): Mention[] {
  const spellings = new Map(words(details.spelled ?? '').map((word) => [word.split('=')[0], word.split('=')[1] ?? '']));
  const { reads, writes, mayRead, mayWrite, marks, symlinks, schema, feeds, pairs } = details;
  const named = [reads, writes, mayRead, mayWrite].flatMap((names) => words(names ?? ''));
  const paired = [feeds, pairs].flatMap((text) => words(text ?? '').flatMap((pair) => pair.split('>')));
  const marked = marksOf(marks).map((mark) => mark.dataset.name);
  const described = [symlinks, schema].flatMap((text) => (text === undefined ? [] : (text.split(':')[0] ?? '')));
  const datasets = [...new Set([...named, ...paired, ...marked, ...described])].filter(
    (name) => owner.kind === 'job' || name !== owner.name,
  );
  return [
    { asset: owner },
    ...datasets.map((name): Mention => {
      const spelling = spellings.get(name);
      return { asset: dataset(name), ...(spelling === undefined ? {} : { spelling: datasetName(spelling) }) };
    }),
  ];
}

function marksOf(text: string | undefined): Mark[] {
  return (text ?? '')
    .split(',')
    .map((part) => words(part))
    .flatMap(([kind, names = '']) => {
      if (kind === undefined) return [];
      const [name = '', target] = names.split('>');
      const mark = { dataset: datasetName(target ?? name), kind: kind as MarkKind };
      return target === undefined ? mark : { ...mark, previous: datasetName(name) };
    });
}

function symlinksOf(text: string | undefined, source: string): SymlinkStatement[] {
  const [name, list] = (text ?? '').split(':');
  if (name === undefined || list === undefined) return [];
  const deleted = list.trim() === '-';
  return [{ dataset: datasetName(name), source, identifiers: deleted ? [] : words(list).map(datasetName), deleted }];
}

function streamsOf(kind: Delta['kind'], owner: AssetName, source: string, details: Details): StreamStatement[] {
  const streams: StreamStatement[] = [];
  const [name, list] = (details.schema ?? '').split(':');
  if (name !== undefined && list !== undefined) {
    const fields = list.split(',').map((field) => {
      const [field_ = '', type = null] = words(field);
      return { name: field_, type, fields: [] };
    });
    const role = details.role ?? (kind === 'DATASET' ? 'DATASET_EVENT' : 'WRITER');
    const reader = role === 'READER' ? { reader: { namespace: owner.namespace, name: owner.name } } : {};
    const content = list.trim() === '-' ? null : JSON.stringify(fields);
    streams.push({ kind: 'schema', asset: dataset(name), source, role, ...reader, content });
  }
  const { sql, codeLocation } = details;
  if (sql !== undefined) {
    streams.push({ kind: 'sql', asset: owner, source, role: null, content: sql === null ? null : JSON.stringify(sql) });
  }
  if (codeLocation !== undefined) {
    streams.push({ kind: 'codeLocation', asset: owner, source, role: null, content: JSON.stringify(codeLocation) });
  }
  return streams;
}

/** The batch job of the drawings: r1 and r3 complete, r2 fails. */
export const BATCH_JOB: readonly Delta[] = [
  run(0, 'START', 'r1', { reads: 'a', writes: 'x' }),
  run(10, 'COMPLETE', 'r1', { reads: 'a', writes: 'x' }),
  run(20, 'START', 'r2', { reads: 'b', writes: 'y' }),
  run(30, 'FAIL', 'r2', {}),
  run(40, 'START', 'r3', { reads: 'b', writes: 'x' }),
  run(50, 'COMPLETE', 'r3', {}),
];
