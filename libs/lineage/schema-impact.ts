/**
 * Whom a change of schema hits: through column lineage where it is known, and where a reader's columns are unknown, that
 * reader, since it may use any of them.
 *
 * ```
 * orders.email (gone) ─→ mails ─→ mails.to ─→ report ─→ report.who     mails reads the column, report what became of it
 * orders.id           ─→ counts                                        reads another column, and its columns are known
 * orders              ─→ exports                                       reads the table, nobody knows which columns
 * orders.note (gone)                                                   nobody reads it
 * ```
 */
import type { Owner } from './facet-meaning.ts';
import type { FieldChange } from './schema-diff.ts';

/** A column edge of the present, as the ids of its ends. */
export interface ColumnFlow {
  /** A field, or the dataset itself where all of it counts. */
  readonly from: string;
  readonly to: string;
  readonly job: string | null;
}

export interface ChangedSchema {
  /** Node id of the dataset. */
  readonly dataset: string;
  /** Id of one of its fields, by dotted path. */
  readonly fieldId: (path: string) => string;
  readonly changes: readonly FieldChange[];
  /** Node ids of the jobs that read it. */
  readonly readers: readonly string[];
  /** What flows out of its fields, and on from there as far as it is known. */
  readonly columns: readonly ColumnFlow[];
  /** The answer that `columns` are of was cut: a reader that it doesn't show may use any column. */
  readonly cut: boolean;
  readonly owners: (node: string) => readonly Owner[];
}

export interface HitReader {
  /** Node id of the job. */
  readonly job: string;
  /** READS_FIELD: by column lineage. MAY_READ_FIELD: its columns are unknown. */
  readonly how: 'READS_FIELD' | 'MAY_READ_FIELD';
  readonly owners: readonly Owner[];
}

export interface FieldImpact {
  readonly change: FieldChange;
  /** The change breaks something, and someone is there for whom it may. */
  readonly breaking: boolean;
  readonly readers: readonly HitReader[];
  /** Fields and datasets downstream that come from it, by id, sorted. */
  readonly reached: readonly string[];
  /** One sentence. */
  readonly text: string;
}

export interface SchemaImpact {
  /** A field is removed, renamed or narrowed that a known reader uses, or that a reader of unknown columns may use. */
  readonly breaking: boolean;
  readonly fields: readonly FieldImpact[];
  /** Jobs that a breaking change hits or may hit, by id, sorted. */
  readonly hit: readonly string[];
  /** Fields downstream that come from what a breaking change touches, over any number of jobs, by id, sorted. */
  readonly reached: readonly string[];
  /** There is more downstream than was looked at. */
  readonly cut: boolean;
}

export function schemaImpact(schema: ChangedSchema): SchemaImpact {
  const fields = schema.changes.map((change) => fieldImpact(schema, change));
  const breaking = fields.filter((field) => field.breaking);
  return {
    breaking: breaking.length > 0,
    fields,
    hit: [...new Set(breaking.flatMap(({ readers }) => readers.map(({ job }) => job)))].sort(),
    reached: [...new Set(breaking.flatMap(({ reached }) => reached))].sort(),
    cut: schema.cut,
  };
}

function fieldImpact(schema: ChangedSchema, change: FieldChange): FieldImpact {
  const { dataset, columns, owners } = schema;
  // A field that is new is read by nobody yet, whatever is read of the table.
  if (change.kind === 'ADDED') return { change, breaking: false, readers: [], reached: [], text: sentence(change, []) };
  const field = schema.fieldId(change.field);
  const isOfDataset = ({ from }: ColumnFlow): boolean => from === dataset || isWithin(schema.fieldId(''), from);
  const uses = columns.filter(({ from }) => from === dataset || overlap(from, field));
  const using = new Set(uses.flatMap(({ job }) => job ?? []));
  const known = new Set(columns.filter(isOfDataset).flatMap(({ job }) => job ?? []));
  const unknown = schema.readers.filter((job) => !known.has(job));
  const hit = (job: string, how: HitReader['how']): HitReader => ({ job, how, owners: owners(job) });
  const readers = [
    ...[...using].sort().map((job) => hit(job, 'READS_FIELD')),
    ...[...unknown].sort().map((job) => hit(job, 'MAY_READ_FIELD')),
  ];
  return {
    change,
    breaking: change.breaking && (readers.length > 0 || uses.length > 0 || schema.cut),
    readers,
    reached: downstreamOf(uses, columns),
    text: sentence(change, readers),
  };
}

/** `a.b` is within `a`; both ways round, for who reads a struct reads its members. */
const overlap = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);

/** The id of a field with an empty name is what the ids of all fields of its dataset begin with. */
const isWithin = (prefix: string, field: string): boolean => field.startsWith(prefix);

/** Along the columns, circles included. */
function downstreamOf(uses: readonly ColumnFlow[], columns: readonly ColumnFlow[]): string[] {
  const out = new Map<string, string[]>();
  for (const { from, to } of columns) {
    const held = out.get(from);
    if (held === undefined) out.set(from, [to]);
    else held.push(to);
  }
  const reached = new Set<string>();
  const ahead = uses.map(({ to }) => to);
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    ahead.push(...(out.get(at) ?? []));
  }
  return [...reached].sort();
}

function sentence(change: FieldChange, readers: readonly HitReader[]): string {
  const what = `${change.field}: ${change.reason}`;
  if (change.kind === 'ADDED') return `${what}.`;
  if (readers.length === 0) return `${what}; nobody is known to read it.`;
  const certain = readers.filter(({ how }) => how === 'READS_FIELD').length;
  const possible = readers.length - certain;
  const reads = `${certain} ${certain === 1 ? 'job reads' : 'jobs read'} it`;
  const may = `${possible} ${certain > 0 ? 'more' : possible === 1 ? 'job' : 'jobs'} may read it: which columns is unknown`;
  return `${what}; ${[...(certain > 0 ? [reads] : []), ...(possible > 0 ? [may] : [])].join(', ')}.`;
}

/** A sentence names so many changes of fields. */
const NAMED = 10;

/** The change of a dataset's schema with whom it hits, in one sentence. @param owners of the jobs that it hits, by name */
export function saySchemaChange(
  dataset: string,
  changes: readonly FieldChange[],
  { breaking, hit, reached, cut }: SchemaImpact,
  owners: readonly string[],
): string {
  const said = changes
    .slice(0, NAMED)
    .map(({ kind, field, after }) => `${kind} ${field}${kind === 'RENAMED' ? ` to ${after}` : ''}`);
  const what = `the schema of ${dataset} changed: ${said.join(', ')}`;
  if (!breaking) return changes.some((change) => change.breaking) ? `${what}; nobody is known to read it` : what;
  const whom = hit.length === 0 ? '' : `; it may break ${hit.length === 1 ? hit[0] : `${hit.length} jobs`}`;
  const whose = owners.length === 0 ? '' : ` (of ${owners.join(', ')})`;
  const more = `${cut ? 'more than ' : ''}${reached.length} ${reached.length === 1 ? 'field' : 'fields'}`;
  return `${what}${whom}${whose}${reached.length === 0 ? '' : `; ${more} downstream ${reached.length === 1 ? 'comes' : 'come'} from it`}`;
}
