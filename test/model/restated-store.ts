/** A graph that is made of the lines of another's export, without its rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Exporter, GraphFile, loadExport, SqliteGraphReader } from '#graph';
import { type Change, DEFAULT_FLOW_LIMITS } from '#lineage';
import { storeClosed } from './collect-garbage.ts';
import { foldChanges } from './fold-changes.ts';
import type { JsonEvent } from './generators.ts';
import { told } from './moving-store.ts';
import { deltasOf, differenceOf, logged } from './order-law.ts';
import { type CurrentGraph, referenceCurrent } from './reference-fold.ts';

export interface Restated {
  /** Of the graph that the events made, and of the one that was made of those lines. */
  readonly lines: readonly string[];
  readonly again: readonly string[];
  /** As the import told it. */
  readonly changes: readonly Change[];
  /** Of both, after the later events. */
  readonly stayed: readonly string[];
  readonly moved: readonly string[];
}

/** Exports what `events` made, imports the lines elsewhere, and has `later` come to both. */
export async function restated(events: readonly JsonEvent[], later: readonly JsonEvent[] = []): Promise<Restated> {
  const [here, there] = [temporary(), temporary()];
  try {
    const stays = new GraphFile(here);
    stays.apply(at(1, events), 0);
    const lines = linesOf(stays);
    await loadExport(told(lines), there, 0);
    const moves = new GraphFile(there);
    const again = linesOf(moves);
    const changes = await changesOf(moves);
    stays.apply(at(events.length + 1, later), 0);
    moves.apply(at(1, later), 0);
    const [stayed, moved] = [linesOf(stays), linesOf(moves)];
    stays.close();
    moves.close();
    return { lines, again, changes, stayed, moved };
  } finally {
    await storeClosed();
    for (const folder of [here, there]) rmSync(folder, { recursive: true });
  }
}

const temporary = (): string => mkdtempSync(join(tmpdir(), 'headwater-restated-'));

const at = (first: number, events: readonly JsonEvent[]) => events.map((event, i) => logged(event, first + i));

const linesOf = (file: GraphFile): string[] => [...new Exporter(file.db).lines()];

async function changesOf(file: GraphFile): Promise<readonly Change[]> {
  const reader = new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS);
  const all = { kinds: null, subjects: null, since: null, breaking: null, after: '0', first: 100_000 };
  return (await reader.changes(all)).items;
}

/** That the lines make the same lines again, and tell the current graph as changes. */
export async function checkRestated(events: readonly JsonEvent[]): Promise<void> {
  const { lines, again, changes } = await restated(events);
  expect(differenceOf(lines, again)).toBeNull();
  expect(inOrder(foldChanges(changes))).toEqual(inOrder(referenceCurrent(deltasOf(events))));
}

function inOrder({ dropped, ...graph }: CurrentGraph): unknown {
  return { ...graph, dropped: [...dropped].sort() };
}
