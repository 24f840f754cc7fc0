/**
 * A graph file out of an export's lines alone: rows that make the same lines again, and that later events fold into as well
 * as can be, with what the lines don't say left as if retention had taken it (`SealedTimelines`).
 *
 * ```
 * lines ─▶ names ─▶ runs ─▶ edges ─▶ contents ─┐ rows, in one transaction
 *                                              └▶ nodes and open edges become known, some at a time: the current graph, what
 *                                                 is searched, and the change feed follow as from a batch of events
 * ```
 */
import { DEFAULT_FLOW_LIMITS, type FieldLine, FOREVER } from '#lineage';
import { type Database, int } from '../database.ts';
import { Interned } from '../interned.ts';
import { EventApplier } from '../write/event-applier.ts';
import { ClaimRows } from './claim-rows.ts';
import { ContentRows } from './content-rows.ts';
import { LineNames } from './line-names.ts';
import { NameRows } from './name-rows.ts';
import { putMerge, putRemark } from './people-rows.ts';
import { RunRows } from './run-rows.ts';
import type { StatedLines } from './stated-lines.ts';

/** What becomes known in one transaction. */
const NODES_AT_ONCE = 5_000;
const EDGES_AT_ONCE = 20_000;

/**
 * @param db of a file with tables and without rows
 * @param committed a connection of its own to that file
 * @param now when it arrives here, ms
 * @throws BadRows at a line that can't be read: `lines.number`
 */
export function restateGraph(db: Database, committed: Database, lines: StatedLines, now: number): void {
  db.transaction(() => putRows(db, lines, now));
  lines.forget();
  const applier = new EventApplier(db, committed, DEFAULT_FLOW_LIMITS);
  const step = (restated: Parameters<EventApplier['restate']>[0]): void =>
    db.transaction(() => {
      applier.restate(restated, now);
      applier.finish(now);
      applier.takeChanges();
    });
  const nodes = db.all('SELECT name, first_t, last_t FROM stated_node').map((row) => ({
    name: int(row, 'name'),
    first: int(row, 'first_t'),
    last: int(row, 'last_t'),
  }));
  for (const some of pieces(nodes, NODES_AT_ONCE)) step({ nodes: some, open: [] });
  const open = db
    .all('SELECT timeline, element FROM span WHERE until = ?', FOREVER)
    .map((row) => ({ timeline: int(row, 'timeline'), element: int(row, 'element') }));
  for (const some of pieces(open, EDGES_AT_ONCE)) step({ nodes: [], open: some });
}

function putRows(db: Database, lines: StatedLines, now: number): void {
  const interned = new Interned(db);
  const names = new LineNames(interned);
  const nodes = new NameRows(db, interned, names);
  const runs = new RunRows(db, names, now);
  const claims = new ClaimRows(db, interned, names, nodes, now);
  const contents = new ContentRows(db, interned, names);
  // Names that are spelled out first: ids of others are cut as these are.
  for (const line of lines.of('dataset')) names.know(line);
  for (const line of lines.of('job')) names.know(line);
  for (const line of lines.of('dataset')) nodes.dataset(line);
  for (const line of lines.of('job')) {
    nodes.job(line);
    runs.job(line);
  }
  for (const line of lines.of('run')) runs.hasType(line);
  for (const line of lines.of('run')) runs.run(line);
  for (const line of lines.of('job')) runs.declareType(line);
  for (const line of lines.of('activity')) runs.activity(line);
  for (const line of lines.of('edge')) claims.edge(line);
  for (const line of lines.of('columnEdge')) claims.columnEdge(line);
  claims.seal();
  for (const line of lines.of('schemaVersion')) contents.schemaVersion(line);
  for (const line of lines.of('jobVersion')) contents.jobVersion(line);
  contents.lastJobVersion();
  for (const fields of byDataset(lines.of('field'))) {
    const dataset = names.number(fields[0]?.dataset ?? '');
    const node = db.get('SELECT last_t FROM stated_node WHERE name = ?', dataset);
    if (node !== undefined) contents.fields(nodes.membersOf(dataset), fields, int(node, 'last_t'));
  }
  for (const line of lines.of('merge')) putMerge(db, names, line);
  for (const line of lines.remarks()) putRemark(db, names, line);
}

/** Of one dataset each; they come one dataset after the other. */
function* byDataset(lines: Iterable<FieldLine>): Iterable<FieldLine[]> {
  let held: FieldLine[] = [];
  for (const line of lines) {
    if (held.length > 0 && held[0]?.dataset !== line.dataset) {
      yield held;
      held = [];
    }
    held.push(line);
  }
  if (held.length > 0) yield held;
}

function* pieces<T>(all: readonly T[], most: number): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}
