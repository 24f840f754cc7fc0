/** A job's versions: a new one begins where what it reads, writes or runs changes, not where it restarts. */
import { FOREVER, type JobVersion, type Span } from '#lineage';
import { type Database, int } from '../database.ts';
import { holdsAt, minus } from './intervals.ts';
import type { NameBook } from './name-book.ts';
import type { SchemaReader, TextVersion } from './schema-reader.ts';

/** Oldest first. */
export function jobVersionsOf(
  db: Database,
  names: NameBook,
  schemas: SchemaReader,
  job: number,
): Omit<JobVersion, 'id'>[] {
  const reads = edgeSpans(db, names, 'SELECT id, src AS other FROM edge WHERE dst = ? AND kind = 0', job);
  const writes = edgeSpans(db, names, 'SELECT id, dst AS other FROM edge WHERE src = ? AND kind = 1', job);
  const sql = schemas.texts(job, 'sql');
  const codeLocation = schemas.texts(job, 'codeLocation');
  const turns = new Set<number>();
  for (const spans of [...reads.values(), ...writes.values()]) {
    for (const { from, to } of spans) {
      turns.add(from);
      if (to !== FOREVER) turns.add(to);
    }
  }
  for (const { at } of [...sql, ...codeLocation]) turns.add(at);

  const versions: Omit<JobVersion, 'id'>[] = [];
  let before = '';
  for (const at of [...turns].sort((a, b) => a - b)) {
    const content = {
      reads: held(reads, at),
      writes: held(writes, at),
      sql: textAt(sql, at),
      codeLocation: textAt(codeLocation, at),
    };
    const key = JSON.stringify(content);
    if (key === before) continue;
    before = key;
    const last = versions.at(-1);
    if (last !== undefined && last.to === null) versions[versions.length - 1] = { ...last, to: at };
    const isEmpty =
      content.reads.length === 0 &&
      content.writes.length === 0 &&
      content.sql === null &&
      content.codeLocation === null;
    if (!isEmpty) versions.push({ from: at, to: null, ...content });
  }
  return versions;
}

/** By node id of the dataset. */
function edgeSpans(db: Database, names: NameBook, query: string, job: number): Map<string, Span[]> {
  const result = new Map<string, Span[]>();
  for (const row of db.all(query, job)) {
    const node = names.node(int(row, 'other'));
    if (node.firstT === null) continue;
    const spans = db
      .all(
        'SELECT since, until FROM edge_timeline e JOIN span s ON s.timeline = e.timeline AND s.element = e.element WHERE e.element = ? AND e.columns = 0',
        int(row, 'id'),
      )
      .map((span): Span => ({ from: int(span, 'since'), to: int(span, 'until') }));
    const id = names.nodeId(node.id);
    result.set(id, [...(result.get(id) ?? []), ...minus(spans, names.deadOf(int(row, 'other')))]);
  }
  return result;
}

function held(spans: ReadonlyMap<string, readonly Span[]>, at: number): string[] {
  return [...spans]
    .filter(([, all]) => holdsAt(all, at))
    .map(([id]) => id)
    .sort();
}

function textAt(versions: readonly TextVersion[], at: number): string | null {
  return versions.findLast((version) => version.at <= at)?.text ?? null;
}
