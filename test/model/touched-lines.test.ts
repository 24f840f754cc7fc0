/** The lines that a batch is said to have touched, laid over those of before, are the whole export. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Exporter,
  GRAPH_FILE,
  GraphDatabase,
  GraphFile,
  type LineChanges,
  TouchedLines,
  TouchedRecorder,
} from '#graph';
import { canonicalJson, type ExportLine } from '#lineage';
import { type Arrival, arbitraryArrival, THEMES, type ThemeName } from './generators.ts';
import { histories } from './histories.ts';
import { differenceOf, logged } from './order-law.ts';

const SEED = 20_260_101;
const themes = Object.keys(THEMES) as ThemeName[];

describe('the lines that a batch touched', () => {
  it.each(themes)('lead from each export to the next: %s', { timeout: 60_000 }, (theme) => {
    fc.assert(fc.property(arbitraryArrival(theme, 14), checkTouchedLines), {
      seed: SEED,
      numRuns: histories(4),
      interruptAfterTimeLimit: 40_000,
    });
  });
});

describe('a batch', () => {
  it('touches no more than it speaks of, however large the graph is', () => {
    withGraph(({ apply }) => {
      apply(Array.from({ length: 300 }, (_, i) => loads('hub', `table${i}`, i)));
      const parts = apply([loads('hub', 'table7', 400)]);
      const put = parts.flatMap((part) => part.put);
      expect(put.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual([
        'dataset dataset:db:hub',
        'dataset dataset:db:table7',
        'edge edge:READS:dataset:db:hub:job:shop:load table7',
        'edge edge:WRITES:job:shop:load table7:dataset:db:table7',
        'job job:shop:load table7',
        'run run:table7 at 400|job:shop:load table7',
      ]);
      expect(parts.flatMap(({ gone }) => gone)).toEqual([]);
    });
  });

  it('that is held already touches nothing', () => {
    withGraph(({ apply }) => {
      apply([loads('a', 'b', 1)]);
      expect(apply([loads('a', 'b', 1)]).flatMap(({ put, gone }) => [...put, ...gone])).toEqual([]);
    });
  });
});

function checkTouchedLines({ events, delivery }: Arrival): void {
  withGraph(({ apply, exported }) => {
    const lines = new Map<string, string>();
    for (const [n, { events: indexes }] of delivery.entries()) {
      for (const { put, gone } of apply(indexes.map((index) => events[index]))) {
        for (const { kind, id } of gone) lines.delete(`${kind} ${id}`);
        for (const line of put) lines.set(`${line.kind} ${line.id}`, canonicalJson(line));
        expect(put.flatMap(restsOn).filter((node) => !lines.has(node))).toEqual([]);
      }
      const difference = differenceOf([...exported()].sort(), [...lines.values()].sort());
      if (difference !== null) throw new Error(`after batch ${n + 1} of ${delivery.length}:\n${difference}`);
    }
  });
}

interface TouchedGraph {
  apply(events: readonly unknown[]): LineChanges[];
  exported(): Iterable<string>;
}

function withGraph(work: (graph: TouchedGraph) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-touched-'));
  const file = new GraphFile(folder);
  const committed = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
  const recorder = new TouchedRecorder(file.db);
  const reader = new TouchedLines(file.db, committed);
  let position = 0;
  const apply = (events: readonly unknown[]): LineChanges[] => {
    const batch = events.map((event) => logged(event, ++position));
    return file.db.transaction(() => {
      const { faults } = file.apply(batch, position);
      if (faults.length > 0) throw new Error(faults[0]?.reason);
      return [...reader.parts(recorder.take())];
    });
  };
  try {
    work({ apply, exported: () => new Exporter(file.db).lines() });
  } finally {
    committed.close();
    file.close();
    rmSync(folder, { recursive: true });
  }
}

/** What is to be there by the time that a line comes: in Neo4j it hangs on these. */
function restsOn(line: ExportLine): string[] {
  switch (line.kind) {
    case 'edge':
      return [line.from, line.to].map(keyOfNode);
    case 'field':
    case 'schemaVersion':
      return [keyOfNode(line.dataset)];
    case 'run':
    case 'jobVersion':
    case 'activity':
      return [keyOfNode(line.job)];
    default:
      return [];
  }
}

const keyOfNode = (id: string): string => `${id.slice(0, id.indexOf(':'))} ${id}`;

function loads(from: string, to: string, second: number): unknown {
  return {
    eventType: 'COMPLETE',
    eventTime: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
    producer: 'p',
    run: { runId: `${to} at ${second}` },
    job: { namespace: 'shop', name: `load ${to}` },
    inputs: [{ namespace: 'db', name: from }],
    outputs: [{ namespace: 'db', name: to }],
  };
}
