import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Execution } from '#lineage';
import { Database } from '../database.ts';
import { prepareSchema } from '../schema.ts';
import { type Executions, FewExecutions } from './few-executions.ts';
import { HeldExecutions, StoredExecutions } from './stored-executions.ts';

const LONGEST = 6;
const instant = fc.integer({ min: 0, max: 12 });
const execution = fc
  .record({ v: fc.option(instant), start: instant, life: fc.integer({ min: 0, max: LONGEST }) })
  .map(({ v, start, life }) => ({ v, start, end: start + life }));

let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-few-'));
  db = new Database(join(folder, 'graph.db'));
  prepareSchema(db);
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the few executions of a young timeline', () => {
  it('answer as the store does', () => {
    let timeline = 0;
    fc.assert(
      fc.property(fc.array(execution, { maxLength: 8 }), instant, instant, (made, t, other) => {
        timeline += 1;
        const few = new FewExecutions();
        const held = new HeldExecutions(db);
        for (const [i, each] of made.entries()) {
          const whole: Execution = { key: `r${i}`, says: [[1, each.start]], ...each };
          expect(few.store(whole.key, whole)).toBe(true);
          held.hold(timeline, whole.key, whole);
        }
        const stored = new StoredExecutions(db, held, timeline);
        const answers = (from: Executions & { get(key: string): Execution | null }): unknown => ({
          one: from.get('r0'),
          after: [...from.versionsAfter(t)],
          upTo: [...from.versionsUpTo(t)],
          alive: keysOf(from.alive(t, LONGEST)),
          ended: [...from.endedBefore(t, other)],
          started: [...from.startedAfter(t, other)],
        });
        expect(answers(few)).toEqual(answers(stored));
      }),
    );
  });

  it('are few no more at the ninth, and forget one that is gone', () => {
    const few = new FewExecutions();
    const at = (i: number): Execution => ({ key: `r${i}`, v: i, start: i, end: i, says: [] });
    for (let i = 0; i < 8; i++) expect(few.store(`r${i}`, at(i))).toBe(true);
    expect(few.store('r0', null)).toBe(true);
    expect(few.get('r0')).toBeNull();
    expect(few.store('r8', at(8))).toBe(true);
    expect(few.store('r9', at(9))).toBe(false);
  });
});

/** Their order is of no account. */
function keysOf(executions: Iterable<Execution>): string[] {
  return [...executions].map(({ key }) => key).sort();
}
