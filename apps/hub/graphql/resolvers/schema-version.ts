import { type Asset, type FieldChange, fieldId, type SchemaVersion, schemaDiff } from '#lineage';
import type { GraphReads } from '../graph-reads.ts';
import { type ObjectFields, objectFields } from '../object-fields.ts';

interface VersionNode extends SchemaVersion {
  readonly dataset: Asset;
  readonly changes: readonly FieldChange[];
}

/** Newest first. */
export async function schemaVersions(
  dataset: Asset,
  first: number,
  reads: GraphReads,
): Promise<readonly VersionNode[]> {
  const versions = await reads.schemaVersions(dataset.id, first);
  return versions.map((version) => ({ ...version, dataset, changes: schemaDiff(version.before, version.fields) }));
}

const breaking = ({ changes }: VersionNode): readonly FieldChange[] => changes.filter((change) => change.breaking);

/**
 * Who a breaking change may stop. A reader whose columns were cut from the answer counts as one whose columns are unknown.
 *
 * ```
 * orders.email (gone) ─→ mails      reads the column: hit
 * orders.id           ─→ counts     reads another column, and its columns are known: not hit
 * orders              ─→ exports    reads the table, nobody knows which columns: hit
 * ```
 */
async function hit(version: VersionNode, reads: GraphReads): Promise<readonly Asset[]> {
  const { dataset } = version;
  const changed = new Set(breaking(version).map(({ field }) => fieldId(dataset, field)));
  if (changed.size === 0) return [];
  const [neighbours, columns] = await Promise.all([reads.neighbours(dataset.id), reads.downstreamColumns(dataset.id)]);
  const inner = [...changed].map((id) => `${id}.`);
  const known = new Set<string | null>();
  const using = new Set<string | null>();
  for (const { from, job } of columns) {
    known.add(job);
    if (from === dataset.id || changed.has(from) || inner.some((prefix) => from.startsWith(prefix))) using.add(job);
  }
  return reads.assets((neighbours?.readers ?? []).filter((job) => using.has(job) || !known.has(job)));
}

export const schemaVersionTypes: Readonly<Record<string, ObjectFields>> = {
  SchemaVersion: objectFields<VersionNode>(['at', 'source', 'role', 'fields', 'changes'], {
    breaking: (version) => breaking(version).length > 0,
    hit: (version, _args, { session }) => hit(version, session.reads),
  }),
  FieldChange: objectFields<FieldChange>(['kind', 'field', 'before', 'after', 'breaking', 'reason']),
};
