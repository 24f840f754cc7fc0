import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canonicalJson, formatInstant, type LoggedEvent } from '#lineage';
import { GraphFile } from '../graph-file.ts';
import { Exporter } from '../read/exporter.ts';
import type { PruneStep } from './pruner.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');

function logged(position: number, event: unknown): LoggedEvent {
  const body = canonicalJson(event);
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}

type Said = Readonly<Record<string, unknown>>;

/** Run n of a job: reads `a` always, `b` and `c` in turns; every seventh run fails; now and then the table is dropped. */
function runOf(n: number): Said[] {
  const event = (minute: number, eventType: string, more: object) => ({
    eventTime: formatInstant(START + (n * 10 + minute) * MINUTE),
    producer: 'urn:test',
    eventType,
    run: { runId: `r${n}` },
    job: { namespace: 'etl', name: 'j', facets: { sql: { query: `select ${Math.floor(n / 5)}` } } },
    ...more,
  });
  const dataset = (name: string, facets: object = {}) => ({ namespace: 'db', name, facets });
  const outputs = [dataset('x', n % 11 === 0 ? { lifecycleStateChange: { lifecycleStateChange: 'OVERWRITE' } } : {})];
  return [
    event(0, 'START', { inputs: [dataset('a'), dataset(n % 2 === 0 ? 'b' : 'c')], outputs }),
    event(5, n % 7 === 3 ? 'FAIL' : 'COMPLETE', { outputs: n % 7 === 3 ? [] : outputs }),
  ];
}

const history = (from: number, to: number): Said[] =>
  Array.from({ length: to - from }, (_, i) => runOf(from + i)).flat();

/** As `runOf`; but three runs at a time are mapped tasks of one run of a DAG, and so one execution. */
function mapped(n: number): Said[] {
  const parent = { run: { runId: `dag${Math.floor(n / 3)}` }, job: { namespace: 'etl', name: 'dag' } };
  const run = { runId: `m${n}`, facets: { parent } };
  return runOf(n).map((event) => ({ ...event, run, job: { namespace: 'etl', name: 'mapped' } }));
}

const dropOf = (name: string, minute: number): Said => ({
  eventTime: formatInstant(START + minute * MINUTE),
  producer: 'urn:test',
  dataset: { namespace: 'db', name, facets: { lifecycleStateChange: { lifecycleStateChange: 'DROP' } } },
});

describe('retention of runs', () => {
  const folders: string[] = [];
  const open = (): GraphFile => {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-prune-'));
    folders.push(folder);
    return new GraphFile(folder);
  };
  let pruned: GraphFile;
  let whole: GraphFile;
  let position = 0;
  const applyToBoth = (events: readonly unknown[]): void => {
    const batch = events.map((event) => logged(++position, event));
    for (const file of [pruned, whole]) expect(file.apply(batch, 0).faults).toEqual([]);
  };
  const linesOf = (file: GraphFile): string[] =>
    [...new Exporter(file.db).lines()].filter((line) => !line.includes('"kind":"run"'));
  const runsIn = (file: GraphFile): unknown => file.db.get('SELECT count(*) AS n FROM run')?.['n'];

  beforeEach(() => {
    position = 0;
    pruned = open();
    whole = open();
  });
  afterEach(() => {
    pruned.close();
    whole.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('takes runs, and changes no answer but those about them', () => {
    applyToBoth(history(0, 60));
    expect(pruned.prune(90).runs).toBeGreaterThan(40);
    expect(linesOf(pruned)).toEqual(linesOf(whole));
    expect(Number(runsIn(pruned))).toBeLessThan(20);
  });

  it('reads no further than to the first runs that are young', () => {
    applyToBoth(history(0, 100));
    const read = vi.spyOn(pruned.db, 'all');
    expect(pruned.prune(1)).toEqual({ runs: 0 });
    expect(read).toHaveBeenCalledOnce();
    expect(pruned.prune(Number.MAX_SAFE_INTEGER).runs).toBeGreaterThan(0);
    expect(read.mock.calls.length).toBeGreaterThan(100);
  });

  it('what comes after counts as if nothing had been pruned', () => {
    applyToBoth(history(0, 40));
    pruned.prune(Number.MAX_SAFE_INTEGER);
    for (let n = 40; n < 80; n++) {
      applyToBoth(runOf(n));
      expect(linesOf(pruned)).toEqual(linesOf(whole));
      if (n % 9 === 0) pruned.prune(Number.MAX_SAFE_INTEGER);
    }
  });

  it('a late event from before the seal only adds', () => {
    applyToBoth(history(0, 40));
    const spans = (file: GraphFile): string[] =>
      file.db.all('SELECT element, since, until FROM span ORDER BY element, since').map((row) => JSON.stringify(row));
    const before = spans(pruned).length;
    pruned.prune(Number.MAX_SAFE_INTEGER);
    // It reads nothing that the job ever read: in a whole history it would end all that the others read.
    applyToBoth([
      {
        eventTime: formatInstant(START + 103 * MINUTE),
        producer: 'urn:test',
        eventType: 'COMPLETE',
        run: { runId: 'late' },
        job: { namespace: 'etl', name: 'j' },
        inputs: [{ namespace: 'db', name: 'late' }],
      },
    ]);
    expect(spans(pruned).length).toBeGreaterThan(before);
    const readsA = (file: GraphFile): unknown =>
      linesOf(file).find((line) => line.includes('edge:READS:dataset:db:a:'));
    expect(JSON.parse(String(readsA(pruned))).intervals).toEqual([{ from: formatInstant(START), to: null }]);
    expect(JSON.parse(String(readsA(whole))).intervals).toHaveLength(2);
  });

  describe('step by step', () => {
    /** Both histories, interleaved; a table is dropped when half of them have come. */
    const bothHistories = (): void => {
      for (let n = 0; n < 60; n++) {
        applyToBoth([...runOf(n), ...mapped(n)]);
        if (n === 30) applyToBoth([dropOf('b', n * 10 + 7)]);
      }
    };
    const rowsOf = (file: GraphFile): readonly unknown[] =>
      file.db
        .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' ORDER BY name")
        .map(({ name }) => [name, new Set(file.db.tuples(`SELECT * FROM ${name}`).map((row) => row.join('|')))]);
    /** One look at a run a step. */
    const steps = function* (file: () => GraphFile, before: number): Iterable<number> {
      for (let after: number | null = 0; after !== null; ) {
        const step: PruneStep = file().pruneStep(before, after, () => true);
        after = step.next;
        yield step.runs;
      }
    };
    const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

    it.each([150, Number.MAX_SAFE_INTEGER])('takes what one step would, before %d', (before) => {
      bothHistories();
      const { runs } = whole.prune(before);
      expect(runs).toBeGreaterThan(20);
      expect(sum(steps(() => pruned, before))).toBe(runs);
      expect(rowsOf(pruned)).toEqual(rowsOf(whole));
    });

    it('goes on after a restart between any two steps, within an execution too', () => {
      bothHistories();
      const { runs } = whole.prune(Number.MAX_SAFE_INTEGER);
      let taken = 0;
      for (let restarts = 0; restarts < 12; restarts++) {
        const folder = folders[0] ?? '';
        pruned.close();
        pruned = new GraphFile(folder);
        let taking = 0;
        for (const went of steps(() => pruned, Number.MAX_SAFE_INTEGER)) {
          taking += went;
          if (taking > restarts % 3) break;
        }
        taken += taking;
      }
      taken += pruned.prune(Number.MAX_SAFE_INTEGER).runs;
      expect(taken).toBe(runs);
      expect(rowsOf(pruned)).toEqual(rowsOf(whole));
    });

    it('lets events between its steps count as if nothing was being pruned', () => {
      bothHistories();
      let n = 60;
      for (const _ of steps(() => pruned, Number.MAX_SAFE_INTEGER)) {
        if (n === 80) continue;
        applyToBoth([...runOf(n), ...mapped(n)]);
        n++;
        expect(linesOf(pruned)).toEqual(linesOf(whole));
      }
      expect(n).toBe(80);
      expect(linesOf(pruned)).toEqual(linesOf(whole));
      expect(Number(runsIn(pruned))).toBeLessThan(Number(runsIn(whole)) - 40);
    });
  });

  it('gives no number of a run twice', () => {
    // The run that came last began first: it is superseded.
    applyToBoth(runOf(2));
    applyToBoth(runOf(1));
    applyToBoth(runOf(0));
    expect(pruned.prune(Number.MAX_SAFE_INTEGER).runs).toBe(1);
    applyToBoth(runOf(9));
    const eventsOf = (file: GraphFile): unknown =>
      file.db.get("SELECT count(*) AS n FROM event JOIN run ON run.id = event.run WHERE run_id = 'r9'")?.['n'];
    expect(eventsOf(pruned)).toBe(eventsOf(whole));
  });
});
