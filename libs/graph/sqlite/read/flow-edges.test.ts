import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../database.ts';
import { GRAPH_FILE, GraphFile } from '../graph-file.ts';
import { currentSteps } from './flow-edges.ts';

/** Node n feeds FAN_OUT[n] others. */
const FAN_OUT = [3, 0, 20, 1, 20, 2, 7] as const;
const NODES = FAN_OUT.map((_, node) => node);

describe('currentSteps', () => {
  let folder: string;
  let db: Database;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-flow-edges-'));
    new GraphFile(folder).close();
    db = new Database(join(folder, GRAPH_FILE));
    for (const [node, count] of FAN_OUT.entries()) {
      for (let to = 0; to < count; to++)
        db.run('INSERT INTO current_edge VALUES (?, ?, ?, 1)', node, to % 2, 1000 + 100 * node + to);
      // Shown, not walked.
      db.run('INSERT INTO current_edge VALUES (?, 5, 999, 1)', node);
    }
  });

  afterAll(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it.each([1, 5, 6, 7, 19, 20, 21, 1000])('answers the same wherever a statement ends: %i rows', (rows) => {
    const steps = currentSteps(db, 'DOWNSTREAM', NODES, 5, rows);
    const counted = NODES.map((node) => [steps.get(node)?.steps.length ?? 0, steps.get(node)?.more ?? 0]);
    expect(counted).toEqual(FAN_OUT.map((count) => [Math.min(count, 5), Math.max(count - 5, 0)]));
    expect(steps.get(5)?.steps).toEqual([
      { kind: 0, to: 1500 },
      { kind: 1, to: 1501 },
    ]);
  });

  it('goes the other way', () => {
    expect(currentSteps(db, 'UPSTREAM', [1500, 1501, 999], 5).get(1501)).toEqual({
      steps: [{ kind: 1, to: 5 }],
      more: 0,
    });
  });
});
