/**
 * The experimental lineage facet (1-0-0): edges spelled out, in place of inputs × outputs.
 *
 * ```
 * entries: [{type: DATASET, x, inputs: [a]}, {type: DATASET, y, inputs: [b]}]       a ─▶ job ─▶ x
 * reads a, b · writes x, y · pairs a→x, b→y, job→x, job→y                            b ─▶ job ─▶ y
 * ```
 * The pair job→x marks x as a target that has pairs, so that `inputs: []` (x has no known source) can be told from
 * a target that the facet doesn't name.
 */
import type { AssetElement, AssetName, ColumnElement, Name } from '../delta.ts';
import { canonicalDataset, canonicalField, canonicalJob } from '../names/canonical.ts';
import { transformationsOf } from './columns.ts';
import { get, type JsonObject, listOf, objectOf, textOf } from './json.ts';

export interface ExplicitLineage {
  /** As spelled: datasets that the facets name. */
  readonly datasets: Name[];
  readonly reads: AssetElement[];
  readonly writes: AssetElement[];
  readonly feeds: AssetElement[];
  readonly pairs: AssetElement[];
  readonly columns: ColumnElement[];
  readonly fromJobFacet: boolean;
}

/**
 * @param owner the event's job, or the dataset of a DatasetEvent
 * @param outputs the event's outputs (or its dataset): their own `lineage` facets count too
 */
export function explicitLineage(
  owner: AssetName,
  declared: boolean,
  jobFacets: JsonObject | null,
  outputs: readonly unknown[],
): ExplicitLineage | null {
  const jobFacet = objectOf(get(jobFacets, 'lineage'));
  const result: ExplicitLineage = {
    datasets: [],
    reads: [],
    writes: [],
    feeds: [],
    pairs: [],
    columns: [],
    fromJobFacet: jobFacet !== null && (declared || Array.isArray(get(jobFacet, 'entries'))),
  };
  let said = jobFacet !== null;
  if (jobFacet !== null && get(jobFacet, '_deleted') !== true) {
    for (const item of listOf(get(jobFacet, 'entries'))) readEntry(result, owner, objectOf(item));
  }
  for (const output of outputs) {
    const object = objectOf(output);
    const facet = objectOf(get(objectOf(get(object, 'facets')), 'lineage'));
    const spelled = nameIn(object);
    if (facet === null || spelled === null) continue;
    said = true;
    if (get(facet, '_deleted') === true) continue;
    readTarget(result, owner, { kind: 'dataset', ...canonicalDataset(spelled) }, facet);
  }
  return said ? result : null;
}

function readEntry(result: ExplicitLineage, owner: AssetName, entry: JsonObject | null): void {
  if (entry === null) return;
  const spelled = nameIn(entry);
  if (get(entry, 'type') === 'JOB') {
    readTarget(result, owner, spelled === null ? owner : { kind: 'job', ...canonicalJob(spelled) }, entry);
  } else if (spelled !== null) {
    result.datasets.push(spelled);
    readTarget(result, owner, { kind: 'dataset', ...canonicalDataset(spelled) }, entry);
  }
}

function readTarget(result: ExplicitLineage, owner: AssetName, target: AssetName, entry: JsonObject): void {
  const job = owner.kind === 'job' ? owner : null;
  if (job !== null && target.kind === 'dataset') {
    result.writes.push({ kind: 'WRITES', from: job, to: target });
    result.pairs.push({ kind: 'PAIRS', from: job, to: target });
  }
  for (const item of listOf(get(entry, 'inputs'))) {
    const input = objectOf(item);
    const origin = originOf(result, owner, input);
    if (origin === null) continue;
    connect(result, job, origin, target);
    pushColumns(result, origin, textOf(get(input, 'field')), target, '', input);
  }
  const fields = objectOf(get(entry, 'fields'));
  for (const toField of fields === null ? [] : Object.keys(fields)) {
    for (const item of listOf(get(objectOf(get(fields, toField)), 'inputs'))) {
      const input = objectOf(item);
      const origin = originOf(result, owner, input);
      if (origin === null) continue;
      connect(result, job, origin, target);
      pushColumns(result, origin, textOf(get(input, 'field')) ?? '', target, toField, input);
    }
  }
}

/** Table edges of one origin and one target, through the job where there is one. */
function connect(result: ExplicitLineage, job: AssetName | null, origin: AssetName, target: AssetName): void {
  if (same(origin, target)) return;
  if (job === null) {
    result.feeds.push({ kind: 'FEEDS', from: origin, to: target });
  } else if (origin.kind === 'dataset' && target.kind === 'dataset') {
    result.reads.push({ kind: 'READS', from: origin, to: job });
    result.pairs.push({ kind: 'PAIRS', from: origin, to: target });
  } else if (origin.kind === 'dataset') {
    result.reads.push({ kind: 'READS', from: origin, to: target });
  } else if (target.kind === 'dataset') {
    result.writes.push({ kind: 'WRITES', from: origin, to: target });
  } else {
    result.feeds.push({ kind: 'FEEDS', from: origin, to: target });
  }
}

/** At entity level a field of the origin affects the whole target; without a field it is a table edge alone. */
function pushColumns(
  result: ExplicitLineage,
  origin: AssetName,
  fromField: string | null,
  target: AssetName,
  toField: string,
  input: JsonObject | null,
): void {
  if (origin.kind !== 'dataset' || target.kind !== 'dataset' || fromField === null) return;
  const said = transformationsOf(get(input, 'transformations'));
  for (const transformation of said.length > 0 ? said : [{ type: '', subtype: '' }]) {
    result.columns.push({
      kind: 'COLUMN',
      from: bare(origin),
      fromField: fromField === '' ? '' : canonicalField(origin, fromField),
      to: bare(target),
      toField: toField === '' ? '' : canonicalField(target, toField),
      ...transformation,
    });
  }
}

function originOf(result: ExplicitLineage, owner: AssetName, input: JsonObject | null): AssetName | null {
  const spelled = nameIn(input);
  if (get(input, 'type') === 'JOB') {
    if (spelled !== null) return { kind: 'job', ...canonicalJob(spelled) };
    return owner.kind === 'job' ? owner : null;
  }
  if (spelled === null) return null;
  result.datasets.push(spelled);
  return { kind: 'dataset', ...canonicalDataset(spelled) };
}

function bare(asset: AssetName): Name {
  return { namespace: asset.namespace, name: asset.name };
}

function same(a: AssetName, b: AssetName): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

function nameIn(object: JsonObject | null): Name | null {
  const namespace = textOf(get(object, 'namespace'));
  const name = textOf(get(object, 'name'));
  return namespace === null || name === null ? null : { namespace, name };
}
