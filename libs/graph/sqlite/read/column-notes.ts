/** Descriptions and masking of column edges: beside each statement, the last writer's served, each on its own. */

import { type Database, int, text } from '../database.ts';
import type { Note } from '../write/claim-writer.ts';

export interface ColumnNotes {
  readonly description: string | null;
  readonly masking: boolean | null;
}

/** Of the observed edges that are one edge. */
export function notesOf(db: Database, elements: readonly number[]): ColumnNotes {
  const rows = elements.flatMap((element) =>
    db.all(
      'SELECT note.t, note.k, content.text FROM edge_timeline e JOIN note ON note.timeline = e.timeline JOIN content ON content.id = note.content WHERE e.element = ? AND e.columns = 1',
      element,
    ),
  );
  rows.sort((a, b) => int(b, 't') - int(a, 't') || int(b, 'k') - int(a, 'k'));
  const wanted = new Set(elements);
  let description: string | null = null;
  let masking: boolean | null = null;
  for (const row of rows) {
    // Of one statement the last one that speaks of the edge counts.
    for (const [element, said, masks] of (JSON.parse(text(row, 'text')) as Note[]).reverse()) {
      if (!wanted.has(element)) continue;
      description ??= said;
      masking ??= masks;
    }
    if (description !== null && masking !== null) break;
  }
  return { description, masking };
}
