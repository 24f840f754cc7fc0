/** A graph file with a recorder of what each batch touched, for tests of the lines that a worker publishes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Exporter,
  GRAPH_FILE,
  GraphDatabase,
  GraphFile,
  type LineChanges,
  TouchedLines,
  TouchedRecorder,
} from '#graph';
import { logged } from './order-law.ts';

export interface TouchedGraph {
  /** The graph as it is between two batches. */
  readonly db: GraphDatabase;
  apply(events: readonly unknown[]): LineChanges[];
  exported(): Iterable<string>;
}

/** @param older batches that are written as by a version whose jobs don't tell for their edges */
export function withTouchedGraph(work: (graph: TouchedGraph) => void, older = 0): void {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-touched-'));
  const file = new GraphFile(folder);
  const committed = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
  const recorder = new TouchedRecorder(file.db);
  const byOlder = new TouchedLines(file.db, committed, null, Number.MAX_SAFE_INTEGER);
  let reader: TouchedLines | null = null;
  let position = 0;
  let batches = 0;
  const apply = (events: readonly unknown[]): LineChanges[] => {
    const batch = events.map((event) => logged(event, ++position));
    return file.db.transaction(() => {
      const { faults } = file.apply(batch, position);
      if (faults.length > 0) throw new Error(faults[0]?.reason);
      if (batches++ < older) return [...byOlder.parts(recorder.take())].map(asOlder);
      reader ??= new TouchedLines(file.db, committed, null, position - batch.length);
      return [...reader.parts(recorder.take())];
    });
  };
  try {
    work({ db: file.db, apply, exported: () => new Exporter(file.db).lines() });
  } finally {
    committed.close();
    file.close();
    rmSync(folder, { recursive: true });
  }
}

/** Without what jobs tell for their edges. */
function asOlder(part: LineChanges): LineChanges {
  return {
    ...part,
    put: part.put.map((line) => {
      if (line.kind === 'job') return { ...line, said: [] };
      return line.kind === 'edge' || line.kind === 'columnEdge' ? { ...line, timelines: [] } : line;
    }),
    seen: part.seen.map((node) => (node.said === undefined ? node : { ...node, said: [] })),
    said: part.said.map((edge) => ({ ...edge, timelines: [] })),
  };
}
