/** Nothing on the path of an event scans: what SQLite says of each statement that the writer of the embedded graph makes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GraphFile, SqliteGraphReader } from '#graph';
import { DEFAULT_FLOW_LIMITS, type GraphReader } from '#lineage';
import { arbitraryHistory, type ThemeName } from './generators.ts';
import { logged } from './order-law.ts';

const SEED = 20_260_101;
const HISTORIES = 6;
const THEMES: readonly ThemeName[] = ['everything', 'data-times'];
/** Whole tables that people write, read once. */
const SMALL: ReadonlySet<string> = new Set(['SELECT job, declared FROM declared_runs']);
const LATER = Date.UTC(2026, 5, 1);

/** The texts of all statements from now on. */
function statementsOf({ db }: GraphFile): ReadonlySet<string> {
  const texts = new Set<string>();
  const { get, all, run, write, tuples } = db;
  db.get = (sql, ...args) => get.call(db, texts.add(sql) && sql, ...args);
  db.all = (sql, ...args) => all.call(db, texts.add(sql) && sql, ...args);
  db.run = (sql, ...args) => run.call(db, texts.add(sql) && sql, ...args);
  db.write = (sql, ...args) => write.call(db, texts.add(sql) && sql, ...args);
  db.tuples = (sql, ...args) => tuples.call(db, texts.add(sql) && sql, ...args);
  return texts;
}

/** What a statement goes through from end to end. The elements of a list that it was given are no table. */
const scansOf = ({ db }: GraphFile, sql: string): readonly string[] =>
  db
    .all(`EXPLAIN QUERY PLAN ${sql}`)
    .map(({ detail }) => String(detail))
    .filter((detail) => detail.startsWith('SCAN') && !detail.includes('VIRTUAL TABLE') && !detail.includes('CONSTANT'));

/** What a decision reads of the graph. */
async function readAs(reader: GraphReader): Promise<void> {
  const { items } = await reader.list({ kind: 'job', namespace: null, order: 'name', limit: 100, offset: 0 });
  const jobs = items.map(({ id }) => id);
  const around = [...(await reader.neighbours(jobs)).values()];
  const datasets = around.flatMap(({ reads, writes }) => [...reads, ...writes]);
  const runs = [...(await reader.recentRuns(jobs, 20)).values()].flat().map(({ id }) => id);
  await reader.neighbours(datasets);
  await reader.assets(datasets);
  await reader.facets(datasets, ['tags']);
  await reader.schemas(datasets);
  await reader.flows(jobs, LATER);
  await reader.runsById(runs);
  await reader.runFacets(runs, ['tags']);
  await reader.runEvents(runs, 10);
  for (const direction of ['UPSTREAM', 'DOWNSTREAM'] as const)
    await reader.lineage({ of: datasets.slice(0, 1), direction, depth: 5, limit: 100, asOf: null, details: false });
}

it('applies events and deadlines and reads for decisions without going through a table', {
  timeout: 60_000,
}, async () => {
  const scans = new Set<string>();
  const explained = new Set<string>();
  for (const theme of THEMES) {
    for (const history of fc.sample(arbitraryHistory(theme), { seed: SEED, numRuns: HISTORIES })) {
      const folder = mkdtempSync(join(tmpdir(), 'headwater-plans-'));
      const file = new GraphFile(folder);
      try {
        const texts = statementsOf(file);
        let position = 0;
        for (const event of history) expect(file.apply([logged(event, ++position)], 1).faults).toEqual([]);
        file.tick(LATER);
        await readAs(new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS));
        for (const sql of [...texts]) {
          if (explained.has(sql) || !/^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(sql)) continue;
          explained.add(sql);
          for (const detail of SMALL.has(sql) ? [] : scansOf(file, sql)) scans.add(`${detail}: ${sql}`);
        }
      } finally {
        file.close();
        rmSync(folder, { recursive: true });
      }
    }
  }
  expect(explained.size).toBeGreaterThan(50);
  expect([...scans].sort()).toEqual([]);
});
