/** What an event says of one dataset in its facets: schema, lifecycle, symlinks, statistics, quality. */
import type {
  AssetName,
  ColumnElement,
  FacetStatement,
  Mark,
  MarkKind,
  Mention,
  Name,
  QualityStatement,
  SchemaRole,
  StatisticsStatement,
  StreamStatement,
  SymlinkStatement,
} from '../delta.ts';
import { canonicalDataset, canonicalField } from '../names/canonical.ts';
import { columnsOfFacet } from './columns.ts';
import { ElementList } from './element-list.ts';
import { facetStatements } from './facet-statements.ts';
import { get, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts';

export type DatasetRole = SchemaRole;

/** The parts of a delta that datasets fill, open for writing. */
export interface DatasetStatements {
  readonly marks: Mark[];
  readonly streams: StreamStatement[];
  readonly facets: FacetStatement[];
  readonly symlinks: SymlinkStatement[];
  readonly statistics: StatisticsStatement[];
  readonly quality: QualityStatement[];
}

/** What the facets of one dataset say of it, whichever event they come in. */
export class DatasetReading {
  readonly spelled: Name;
  readonly role: DatasetRole;
  readonly source: string;
  readonly producer: string;
  readonly name: Name;
  readonly asset: AssetName;
  readonly mention: Mention;
  readonly facets: readonly FacetStatement[];
  /** Content of its schema; null: deleted; undefined: not said. */
  readonly schema: string | null | undefined;
  /** Each once; of equal ones the last. */
  readonly columns: readonly ColumnElement[];

  constructor(spelled: Name, role: DatasetRole, source: string, producer: string, facets: JsonObject | null) {
    this.spelled = spelled;
    this.role = role;
    this.source = source;
    this.producer = producer;
    this.name = canonicalDataset(spelled);
    this.asset = { kind: 'dataset', ...this.name };
    this.mention = mentionOf(this.asset, spelled);
    const statements: FacetStatement[] = [];
    facetStatements(statements, 'dataset', this.asset, facets, source, producer);
    this.facets = statements;
    this.schema = schemaOf(this.name, objectOf(get(facets, 'schema')));
    const columns = new ElementList();
    if (role !== 'READER')
      for (const column of columnsOfFacet(this.name, objectOf(get(facets, 'columnLineage')))) columns.add(column);
    this.columns = columns.elements as readonly ColumnElement[];
  }

  isOf(spelled: Name, role: DatasetRole, source: string, producer: string): boolean {
    return (
      this.role === role &&
      this.spelled.name === spelled.name &&
      this.spelled.namespace === spelled.namespace &&
      this.source === source &&
      this.producer === producer
    );
  }
}

export interface SeenDataset {
  readonly object: JsonObject;
  readonly facets: JsonObject | null;
  readonly reading: DatasetReading;
  /** null: a DatasetEvent. */
  readonly job: Name | null;
}

export function datasetStatements(into: DatasetStatements, seen: SeenDataset): void {
  const { object, facets, reading } = seen;
  const { name, asset, source, producer } = reading;
  const inputFacets = objectOf(get(object, 'inputFacets'));
  const outputFacets = objectOf(get(object, 'outputFacets'));
  for (const statement of reading.facets) into.facets.push(statement);
  facetStatements(into.facets, 'input', asset, inputFacets, source, producer);
  facetStatements(into.facets, 'output', asset, outputFacets, source, producer);
  if (reading.schema !== undefined) {
    const reader = reading.role === 'READER' && seen.job !== null ? { reader: seen.job } : {};
    into.streams.push({ kind: 'schema', asset, source, role: reading.role, ...reader, content: reading.schema });
  }
  pushMark(into, name, objectOf(get(facets, 'lifecycleStateChange')));
  pushSymlinks(into, name, source, objectOf(get(facets, 'symlinks')));
  pushStatistics(into, name, facets, inputFacets, outputFacets);
  pushQuality(into, name, [facets, inputFacets]);
}

export function mentionOf(asset: AssetName, spelled: Name): Mention {
  const same = spelled.namespace === asset.namespace && spelled.name === asset.name;
  return same ? { asset } : { asset, spelling: { namespace: spelled.namespace, name: spelled.name } };
}

function schemaOf(dataset: Name, facet: JsonObject | null): string | null | undefined {
  if (facet === null) return undefined;
  if (get(facet, '_deleted') === true) return null;
  const fields = schemaFields(dataset, get(facet, 'fields'), 0);
  return fields.length > 0 ? JSON.stringify(fields) : undefined;
}

/** Name, type, nesting and order make a schema; descriptions are read from the facet, for a new wording is no new version. */
interface StatedField {
  readonly name: string;
  readonly type: string | null;
  readonly fields: readonly StatedField[];
}

const DEEPEST_FIELD = 32;

function schemaFields(dataset: Name, list: unknown, depth: number): StatedField[] {
  const fields: StatedField[] = [];
  if (depth > DEEPEST_FIELD) return fields;
  for (const item of listOf(list)) {
    const object = objectOf(item);
    const name = textOf(get(object, 'name'));
    if (name === null) continue;
    const type = get(object, 'type');
    fields.push({
      name: canonicalField(dataset, name),
      type: typeof type === 'string' && type !== '' ? type : null,
      fields: schemaFields(dataset, get(object, 'fields'), depth + 1),
    });
  }
  return fields;
}

const MARKS: ReadonlySet<string> = new Set<MarkKind>(['CREATE', 'DROP', 'RENAME', 'TRUNCATE', 'OVERWRITE', 'ALTER']);

function pushMark(into: DatasetStatements, dataset: Name, facet: JsonObject | null): void {
  const kind = textOf(get(facet, 'lifecycleStateChange'))?.toUpperCase();
  if (kind === undefined || !MARKS.has(kind)) return;
  const previous = identifierOf(objectOf(get(facet, 'previousIdentifier')));
  into.marks.push({ dataset, kind: kind as MarkKind, ...(kind === 'RENAME' && previous !== null ? { previous } : {}) });
}

function pushSymlinks(into: DatasetStatements, dataset: Name, source: string, facet: JsonObject | null): void {
  if (facet === null) return;
  if (get(facet, '_deleted') === true) {
    into.symlinks.push({ dataset, source, identifiers: [], deleted: true });
    return;
  }
  const identifiers: Name[] = [];
  for (const item of listOf(get(facet, 'identifiers'))) {
    const name = identifierOf(objectOf(item));
    if (name !== null) identifiers.push(name);
  }
  if (identifiers.length > 0) into.symlinks.push({ dataset, source, identifiers, deleted: false });
}

function identifierOf(object: JsonObject | null): Name | null {
  const namespace = textOf(get(object, 'namespace'));
  const name = textOf(get(object, 'name'));
  return namespace === null || name === null ? null : canonicalDataset({ namespace, name });
}

function pushStatistics(
  into: DatasetStatements,
  dataset: Name,
  facets: JsonObject | null,
  inputFacets: JsonObject | null,
  outputFacets: JsonObject | null,
): void {
  const written = objectOf(get(outputFacets, 'outputStatistics'));
  const read = objectOf(get(inputFacets, 'inputStatistics'));
  const measured = objectOf(get(facets, 'dataQualityMetrics')) ?? objectOf(get(inputFacets, 'dataQualityMetrics'));
  for (const facet of [written, read, measured]) {
    const rows = numberOf(get(facet, 'rowCount'));
    const bytes = numberOf(get(facet, facet === measured ? 'bytes' : 'size'));
    const files = numberOf(get(facet, 'fileCount'));
    if (rows === null && bytes === null && files === null) continue;
    into.statistics.push({
      dataset,
      ...(rows === null ? {} : { rows }),
      ...(bytes === null ? {} : { bytes }),
      ...(files === null ? {} : { files }),
    });
    return;
  }
}

function pushQuality(into: DatasetStatements, dataset: Name, holders: readonly (JsonObject | null)[]): void {
  for (const holder of holders) {
    for (const item of listOf(get(objectOf(get(holder, 'dataQualityAssertions')), 'assertions'))) {
      const object = objectOf(item);
      const assertion = textOf(get(object, 'assertion'));
      const success = get(object, 'success');
      if (assertion === null || typeof success !== 'boolean') continue;
      into.quality.push({ dataset, assertion, field: textOf(get(object, 'column')), passed: success });
    }
  }
}
