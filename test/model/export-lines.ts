/** The rows and intervals, put together into the lines of an export. Nothing is decided here but what a line shows. */
import { canonicalJson } from '../../libs/lineage/canonical-json.ts';
import type { AssetName, ColumnElement, Delta, Element, FacetStatement, Name } from '../../libs/lineage/delta.ts';
import type {
  ActivityLine,
  ColumnEdgeLine,
  DatasetLine,
  EdgeLine,
  ExportEvidence,
  ExportFacet,
  ExportInterval,
  ExportLine,
  FieldLine,
  JobLine,
  JobVersionLine,
  RunLine,
  SchemaVersionLine,
} from '../../libs/lineage/export-line.ts';
import { assetId, columnEdgeId, edgeId, fieldId } from '../../libs/lineage/ids.ts';
import { formatInstant } from '../../libs/lineage/instant.ts';
import type { DatasetSchema, Interval } from '../../libs/lineage/read-model.ts';
import { type Claim, foldClaims, foldEvidence, foldNotes, type Spoken } from './fold-claims.ts';
import { DEFAULT_PROCESSING, foldRuns, processingOfJobs, type Run } from './fold-runs.ts';
import { effective, fieldsOf, foldStreams, schemaVersions, shownSchema, textAt } from './fold-streams.ts';
import { holdsAt, holdsNow, minus, union } from './intervals.ts';
import { assetKey, byText, grouped, hourOf, keyOf, sortedSet } from './order.ts';
import { type DatasetNode, type Names, resolveNames } from './resolve-names.ts';

const datasetIdOf = (name: Name): string => assetId({ kind: 'dataset', namespace: name.namespace, name: name.name });
const jobIdOf = (name: Name): string => assetId({ kind: 'job', namespace: name.namespace, name: name.name });
const timeOrNull = (t: number | null): string | null => (t === null ? null : formatInstant(t));
const exported = (intervals: readonly Interval[]): ExportInterval[] =>
  intervals.map(({ from, to }) => ({ from: formatInstant(from), to: timeOrNull(to) }));

export interface ReferenceGraph {
  readonly lines: readonly ExportLine[];
  /** The schemas shown, by dataset id. */
  readonly schemas: ReadonlyMap<string, DatasetSchema>;
}

/** graph(events): drop repeats, sort, fold into rows, derive. */
export function referenceGraph(deltas: readonly Delta[]): ReferenceGraph {
  const events = sortedSet(deltas);
  const runs = foldRuns(events);
  const names = resolveNames(events, runs);
  const streams = foldStreams(events, runs);
  const jobs = jobLines(events, runs);

  const observedEdges = foldClaims(events, runs);
  const evidence = foldEvidence(events, runs);
  const ends: Ends = { names, jobs: new Set(jobs.map((line) => line.id)) };
  const edges = edgeLines(observedEdges, evidence, ends);
  const columns = columnEdgeLines(observedEdges, evidence, foldNotes(events, evidence), names);

  const schemaStreams = streams.filter(({ statement }) => statement.kind === 'schema');
  const versions = schemaVersions(schemaStreams).flatMap((entry): SchemaVersionLine | [] => {
    const { asset, source, role } = entry.statement;
    const node = names.nodeOf(asset);
    if (node === null || role === null) return [];
    const at = formatInstant(entry.at);
    const id = `${assetId(asset)}|${source}|${role}|${at}`;
    return { kind: 'schemaVersion', id, dataset: datasetIdOf(node.name), source, role, at, fields: fieldsOf(entry) };
  });
  const schemas = new Map<string, DatasetSchema>();
  for (const node of names.nodes) {
    const schema = shownSchema(schemaStreams.filter(({ statement }) => names.nodeOf(statement.asset) === node));
    if (schema !== null) schemas.set(datasetIdOf(node.name), schema);
  }
  const fields = names.nodes.flatMap((node) => fieldLines(node, schemas.get(datasetIdOf(node.name)) ?? null));

  const lines: ExportLine[] = [
    ...names.nodes.map((node) => datasetLine(events, node, names)),
    ...jobs,
    ...fields,
    ...versions,
    ...jobs.flatMap((job) => jobVersionLines(job, edges, streams)),
    ...[...runs.values()].map(runLine),
    ...edges.map(({ line }) => line),
    ...columns,
    ...jobs.flatMap((job) => activityLines(job, events)),
  ];
  return { lines: lines.sort((a, b) => byText(a.kind, b.kind) || byText(a.id, b.id)), schemas };
}

// ---- nodes ----

function datasetLine(events: readonly Delta[], node: DatasetNode, names: Names): DatasetLine {
  const id = datasetIdOf(node.name);
  const isOurs = (asset: AssetName): boolean => asset.kind === 'dataset' && names.nodeOf(asset) === node;
  const seen = events.filter((event) => event.mentions.some(({ asset }) => isOurs(asset))).map(({ stamp }) => stamp.t);
  const spellings = events.flatMap((event) =>
    event.mentions.flatMap((m) => (isOurs(m.asset) ? (m.spelling ?? []) : [])),
  );
  const others = [...node.members, ...node.former, ...spellings].map(datasetIdOf).filter((other) => other !== id);
  return {
    kind: 'dataset',
    id,
    namespace: node.name.namespace,
    name: node.name.name,
    aliases: distinct(others),
    contested: distinct(node.contested.map(datasetIdOf)),
    firstSeen: formatInstant(Math.min(...seen)),
    lastSeen: formatInstant(Math.max(...seen)),
    lifecycle: holdsNow(node.dead) ? 'DROPPED' : 'ACTIVE',
    dead: exported(node.dead),
    facets: facetsOf(events, (facet) => facet.scope !== 'run' && isOurs(facet.asset)),
  };
}

function jobLines(events: readonly Delta[], runs: ReadonlyMap<string, Run>): JobLine[] {
  const processing = processingOfJobs(events, runs);
  const mentions = events.flatMap((event) =>
    event.mentions.filter(({ asset }) => asset.kind === 'job').map((m) => ({ ...m, t: event.stamp.t })),
  );
  return [...grouped(mentions, ({ asset }) => assetKey(asset))].flatMap(([key, all]): JobLine | [] => {
    const job = all[0]?.asset;
    if (job === undefined) return [];
    const id = assetId(job);
    const spellings = all.flatMap(({ spelling }) => (spelling === undefined ? [] : jobIdOf(spelling)));
    const times = all.map(({ t }) => t);
    return {
      kind: 'job',
      id,
      namespace: job.namespace,
      name: job.name,
      aliases: distinct(spellings.filter((other) => other !== id)),
      firstSeen: formatInstant(Math.min(...times)),
      lastSeen: formatInstant(Math.max(...times)),
      processingType: (processing.get(key) ?? DEFAULT_PROCESSING).type,
      facets: facetsOf(events, ({ scope, asset }) => scope === 'job' && assetKey(asset) === key),
    };
  });
}

/** Last writer per (scope, name, source), over all names of the node. Deleted ones are not served. */
function facetsOf(events: readonly Delta[], isOurs: (facet: FacetStatement) => boolean): Record<string, ExportFacet[]> {
  const said = events.flatMap((event) => event.facets.filter(isOurs).map((facet) => ({ facet, t: event.stamp.t })));
  const last = new Map(said.map((one) => [keyOf(one.facet.scope, one.facet.name, one.facet.source), one]));
  const served = [...last.values()].flatMap(({ facet, t }) => {
    const { scope, name, source, producer, schemaURL, value } = facet;
    const line = { scope, source, producer, schemaURL, at: formatInstant(t) };
    return value === null ? [] : { name, line: { ...line, value: JSON.parse(value) as unknown } };
  });
  served.sort((a, b) => byText(a.line.scope, b.line.scope) || byText(a.line.source, b.line.source));
  const byName = grouped(served, ({ name }) => name);
  return Object.fromEntries([...byName].map(([name, facets]) => [name, facets.map(({ line }) => line)]));
}

function fieldLines(node: DatasetNode, schema: DatasetSchema | null): FieldLine[] {
  const byName = new Map((schema?.fields ?? []).map((field) => [field.name, field]));
  return [...byName.values()].map((field, index) => ({
    kind: 'field',
    id: fieldId(node.name, field.name),
    dataset: datasetIdOf(node.name),
    ordinal: index + 1,
    field,
  }));
}

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)].sort(byText);

// ---- edges ----

interface Ends {
  readonly names: Names;
  readonly jobs: ReadonlySet<string>;
}

/** An asset edge between nodes; the observed ones that resolve to it are joined in it. */
interface ResolvedEdge {
  readonly id: string;
  readonly kind: EdgeLine['edge'];
  readonly from: string;
  readonly to: string;
}

interface DerivedEdge {
  readonly line: EdgeLine;
  readonly intervals: readonly Interval[];
}

function resolvedEdge(element: Element, { names, jobs }: Ends): ResolvedEdge | null {
  if (element.kind === 'COLUMN' || element.kind === 'COLUMNS') return null;
  if (element.kind === 'PAIRS' || element.kind === 'PAIR_COLUMNS') return null;
  const nodeOf = (asset: AssetName): AssetName | null => {
    if (asset.kind === 'job') return jobs.has(assetId(asset)) ? asset : null;
    const node = names.nodeOf(asset);
    return node === null ? null : { kind: 'dataset', ...node.name };
  };
  const [from, to] = [nodeOf(element.from), nodeOf(element.to)];
  if (from === null || to === null || assetId(from) === assetId(to)) return null;
  return { id: edgeId(element.kind, from, to), kind: element.kind, from: assetId(from), to: assetId(to) };
}

function edgeLines(claims: readonly Claim[], evidence: readonly Spoken[], ends: Ends): DerivedEdge[] {
  const keyed = <T extends { readonly element: Element }>(items: readonly T[]) =>
    items.flatMap((item) => {
      const edge = resolvedEdge(item.element, ends);
      return edge === null ? [] : { item, edge };
    });
  const spoken = grouped(keyed(evidence), ({ edge }) => edge.id);
  return [...grouped(keyed(claims), ({ edge }) => edge.id)].flatMap(([id, all]): DerivedEdge | [] => {
    const edge = all[0]?.edge;
    const intervals = union(all.flatMap(({ item }) => cutByLife(item, ends.names)));
    if (edge === undefined || intervals.length === 0) return [];
    const { kind, from, to } = edge;
    const said = (spoken.get(id) ?? []).map(({ item }) => item);
    const line: EdgeLine = {
      kind: 'edge',
      id,
      edge: kind,
      from,
      to,
      intervals: exported(intervals),
      evidence: evidenceOf(said),
    };
    return { line, intervals };
  });
}

/** An edge of a dropped dataset is cut while the dataset is dead, never ended. */
function cutByLife({ element, interval }: Claim, names: Names): Interval[] {
  const datasets: readonly Name[] =
    element.kind === 'COLUMN'
      ? [element.from, element.to]
      : [element.from, element.to].filter(({ kind }) => kind === 'dataset');
  return minus(
    [interval],
    datasets.flatMap((name) => names.deadOf(name)),
  );
}

/** Per source, over all that is evidence for the edge, in order. */
function evidenceOf(spoken: readonly Spoken[]): ExportEvidence[] {
  return [...grouped(spoken, ({ said }) => said.timeline.source)]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([source, all]): ExportEvidence | [] => {
      const first = all.at(0);
      const last = all.at(-1);
      if (first === undefined || last === undefined) return [];
      return {
        source,
        how: last.said.how,
        confidence: last.said.confidence,
        firstSeen: formatInstant(first.event.stamp.t),
        lastSeen: formatInstant(last.event.stamp.t),
        firstEvent: first.event.stamp.h,
        lastEvent: last.event.stamp.h,
      };
    });
}

/** Column edges make no dataset: an end that is no node stands for itself. */
function columnEdgeLines(
  claims: readonly Claim[],
  evidence: readonly Spoken[],
  notes: readonly Spoken[],
  names: Names,
): ColumnEdgeLine[] {
  const keyed = <T extends { readonly element: Element; readonly owner: AssetName | null }>(items: readonly T[]) =>
    items.flatMap((item) => {
      const { element, owner } = item;
      return element.kind === 'COLUMN' ? { ...resolvedColumn(element, owner, names), item, element } : [];
    });
  const spoken = grouped(keyed(evidence), ({ id }) => id);
  const noted = grouped(keyed(notes), ({ id }) => id);
  return [...grouped(keyed(claims), ({ id }) => id)].flatMap(([id, all]): ColumnEdgeLine | [] => {
    const edge = all[0];
    const intervals = union(all.flatMap(({ item }) => cutByLife(item, names)));
    if (edge === undefined || intervals.length === 0) return [];
    const elements = (noted.get(id) ?? []).map(({ element }) => element);
    return {
      kind: 'columnEdge',
      id,
      from: edge.from,
      to: edge.to,
      job: edge.job,
      type: edge.element.type === '' ? null : edge.element.type,
      subtype: edge.element.subtype === '' ? null : edge.element.subtype,
      description: elements.findLast(({ description }) => description !== undefined)?.description ?? null,
      masking: elements.findLast(({ masking }) => masking !== undefined)?.masking ?? null,
      intervals: exported(intervals),
      evidence: evidenceOf((spoken.get(id) ?? []).map(({ item }) => item)),
    };
  });
}

function resolvedColumn(element: ColumnElement, owner: AssetName | null, names: Names) {
  const from = names.nodeOf(element.from)?.name ?? element.from;
  const to = names.nodeOf(element.to)?.name ?? element.to;
  const { fromField, toField, type, subtype } = element;
  const job = owner?.kind === 'job' ? owner : null;
  return {
    id: columnEdgeId({ owner: job, from, fromField, to, toField, type, subtype }),
    from: fromField === '' ? datasetIdOf(from) : fieldId(from, fromField),
    to: toField === '' ? datasetIdOf(to) : fieldId(to, toField),
    job: job === null ? null : assetId(job),
  };
}

// ---- runs and job versions ----

function runLine(run: Run): RunLine {
  const job = jobIdOf(run.job);
  return {
    kind: 'run',
    id: `run:${run.runId}|${job}`,
    job,
    runId: run.runId,
    state: run.state,
    processingType: run.processing.type,
    startedAt: formatInstant(run.start),
    endedAt: timeOrNull(run.endedAt),
    lastSeen: formatInstant(run.lastSeen),
    nominalStart: timeOrNull(run.nominalStart),
    nominalEnd: timeOrNull(run.nominalEnd),
    parent: run.parent && { job: jobIdOf(run.parent.job), runId: run.parent.runId },
    root: run.root && { job: jobIdOf(run.root.job), runId: run.root.runId },
    error: run.error,
  };
}

/** A version for each stretch of time in which reads, writes, SQL and code location are the same and not all empty. */
function jobVersionLines(
  job: JobLine,
  edges: readonly DerivedEdge[],
  streams: ReturnType<typeof foldStreams>,
): JobVersionLine[] {
  const reads = edges.filter(({ line }) => line.edge === 'READS' && line.to === job.id);
  const writes = edges.filter(({ line }) => line.edge === 'WRITES' && line.from === job.id);
  const own = streams.filter(({ statement }) => assetId(statement.asset) === job.id);
  const sql = own.filter(({ statement }) => statement.kind === 'sql');
  const codeLocation = own.filter(({ statement }) => statement.kind === 'codeLocation');
  const turns = [
    ...[...reads, ...writes].flatMap(({ intervals }) =>
      intervals.flatMap(({ from, to }) => (to === null ? from : [from, to])),
    ),
    ...[...effective(sql), ...effective(codeLocation)].map(({ at }) => at),
  ];

  const versions: JobVersionLine[] = [];
  let before = '';
  for (const at of [...new Set(turns)].sort((a, b) => a - b)) {
    const content = {
      reads: reads
        .filter(({ intervals }) => holdsAt(intervals, at))
        .map(({ line }) => line.from)
        .sort(byText),
      writes: writes
        .filter(({ intervals }) => holdsAt(intervals, at))
        .map(({ line }) => line.to)
        .sort(byText),
      sql: textAt(sql, at),
      codeLocation: textAt(codeLocation, at),
    };
    if (canonicalJson(content) === before) continue;
    before = canonicalJson(content);
    const from = formatInstant(at);
    const last = versions.at(-1);
    if (last !== undefined && last.to === null) versions.splice(-1, 1, { ...last, to: from });
    const isEmpty =
      content.reads.length + content.writes.length === 0 && (content.sql ?? content.codeLocation) === null;
    if (!isEmpty)
      versions.push({ kind: 'jobVersion', id: `${job.id}#${from}`, job: job.id, from, to: null, ...content });
  }
  return versions;
}

/** Continuous jobs: their runs' events by UTC hour. */
function activityLines(job: JobLine, events: readonly Delta[]): ActivityLine[] {
  if (job.processingType === 'BATCH') return [];
  const observations = events.filter(
    (event) => event.kind === 'RUN' && event.job !== null && jobIdOf(event.job) === job.id,
  );
  return [...grouped(observations, ({ stamp }) => formatInstant(hourOf(stamp.t)))].map(([hour, all]) => ({
    kind: 'activity',
    id: `${job.id}|${hour}`,
    job: job.id,
    hour,
    observations: all.length,
  }));
}
