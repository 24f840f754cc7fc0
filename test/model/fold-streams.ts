/**
 * SEMANTICS §4, schemas; the same streams carry SQL and code location. A stream is one teller's account of one thing;
 * it is compared with itself alone.
 */
import type { Delta, SchemaRole, StreamStatement } from '../../libs/lineage/delta.ts';
import type { DatasetSchema, SchemaField } from '../../libs/lineage/read-model.ts';
import type { Run } from './fold-runs.ts';
import { assetKey, grouped, hourOf, keyOf, nameKey, runOf, thinned } from './order.ts';
import { effectiveAt } from './resolve-names.ts';

export interface StreamEntry {
  readonly statement: StreamStatement;
  readonly event: Delta;
  /** When it counts; null: its run is open or failed. */
  readonly at: number | null;
  /** Its run is open: it stands in where nothing else is known. */
  readonly open: boolean;
  /** Place in the order (t, h), then in the event's list. */
  readonly place: number;
}

export interface EffectiveEntry extends StreamEntry {
  readonly at: number;
}

export const streamKey = ({ statement }: StreamEntry): string => {
  const { kind, asset, source, role, reader } = statement;
  return keyOf(kind, assetKey(asset), source, role, reader && nameKey(reader));
};

const byEffect = (a: EffectiveEntry, b: EffectiveEntry): number => a.at - b.at || a.place - b.place;

export function foldStreams(events: readonly Delta[], runs: ReadonlyMap<string, Run>): StreamEntry[] {
  const said = events.flatMap((event) => event.streams.map((statement) => ({ event, statement })));
  const entries = said.map(({ event, statement }, place) => ({
    statement,
    event,
    at: effectiveAt(event, runs),
    open: runs.get(runOf(event) ?? '')?.status === 'OPEN',
    place,
  }));
  return thinned(entries, (entry) =>
    keyOf(streamKey(entry), runOf(entry.event), entry.statement.content, hourOf(entry.event.stamp.t)),
  );
}

/** In the order in which they count; of one instant only the last. */
export function effective(entries: readonly StreamEntry[]): EffectiveEntry[] {
  const counting = entries.flatMap((entry) => (entry.at === null ? [] : { ...entry, at: entry.at })).sort(byEffect);
  return [...new Map(counting.map((entry) => [entry.at, entry])).values()];
}

/** A version begins where a stream differs from what it said before; a deletion is content, so one ends a schema. */
export function schemaVersions(entries: readonly StreamEntry[]): EffectiveEntry[] {
  const streams = grouped(
    entries.filter(({ statement }) => statement.kind === 'schema' && statement.role !== 'READER'),
    streamKey,
  );
  return [...streams.values()].flatMap((stream) => {
    let before: string | null = null;
    return effective(stream).filter(({ statement }) => {
      const differs = statement.content !== before;
      before = statement.content;
      return differs;
    });
  });
}

/** What is shown of a dataset. `entries`: the schema streams of all its names. null: nothing is known. */
export function shownSchema(entries: readonly StreamEntry[]): DatasetSchema | null {
  if (entries.some(({ at }) => at !== null)) return best(entries, false);
  // Nobody finished a statement: what open runs said stands in.
  return best(
    entries.filter(({ open }) => open).map((entry) => ({ ...entry, at: entry.event.stamp.t })),
    true,
  );
}

const BEST_FIRST: readonly SchemaRole[] = ['DATASET_EVENT', 'WRITER', 'READER'];

function best(entries: readonly StreamEntry[], standIn: boolean): DatasetSchema | null {
  // The last entry of each stream that does not end in a deletion, in the order in which they count.
  const last = [...grouped(entries, streamKey).values()]
    .flatMap((stream) => effective(stream).slice(-1))
    .filter(({ statement }) => statement.content !== null)
    .sort(byEffect);
  for (const role of BEST_FIRST) {
    const tellers = last.filter(({ statement }) => statement.role === role);
    const latest = tellers.at(-1);
    if (latest === undefined) continue;
    if (role !== 'READER') return { fields: fieldsOf(latest), partial: standIn };
    return { fields: tellers.map(fieldsOf).reduce(unionOfFields, []), partial: true };
  }
  return null;
}

/** What a reader reports is a projection; together they know more. Later ones win over type and description. */
function unionOfFields(known: readonly SchemaField[], told: readonly SchemaField[]): readonly SchemaField[] {
  const byName = new Map(known.map((field) => [field.name, field]));
  for (const field of told) {
    byName.set(field.name, { ...field, fields: unionOfFields(byName.get(field.name)?.fields ?? [], field.fields) });
  }
  return [...byName.values()];
}

type StatedField = Partial<Omit<SchemaField, 'fields'>> & {
  readonly name: string;
  readonly fields?: readonly StatedField[];
};

export function fieldsOf({ statement }: StreamEntry): readonly SchemaField[] {
  const stated: readonly StatedField[] = statement.content === null ? [] : JSON.parse(statement.content);
  return stated.map(asField);
}

const asField = (field: StatedField): SchemaField => ({
  name: field.name,
  type: field.type ?? null,
  description: field.description ?? null,
  fields: (field.fields ?? []).map(asField),
});

/** sql or codeLocation of a job at a time: the last one said by then, over all its sources. */
export function textAt(entries: readonly StreamEntry[], at: number): string | null {
  const content = effective(entries)
    .filter((entry) => entry.at <= at)
    .at(-1)?.statement.content;
  return content === undefined || content === null ? null : String(JSON.parse(content));
}
