/** Workers are killed while four of them commit: whoever goes on, on the same files, makes the graph of the events. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReadableGraph } from '#graph';
import { foldChanges } from '../model/fold-changes.ts';
import { arbitraryHistory } from '../model/generators.ts';
import { deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceCurrent, referenceExport } from '../model/reference-fold.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const WORKERS = 4;
const KILLS = 6;
const ROOT = join(import.meta.dirname, '..', '..');

it('loses nothing and tells nothing twice, whichever workers are killed when', { timeout: 300_000 }, async () => {
  await emptyNeo4j();
  const events = fc.sample(arbitraryHistory('everything', 60), { seed: 20_260_101, numRuns: 12 }).flat().slice(0, 400);
  const home = await mkdtemp(join(tmpdir(), 'headwater-killed-'));
  const file = join(home, 'log.jsonl');
  await writeFile(file, events.map((event, i) => JSON.stringify(logged(event, i + 1))).join('\n'));
  const folders = await Promise.all(Array.from({ length: WORKERS }, () => mkdtemp(join(home, 'worker-'))));
  const graph = await ReadableGraph.open({ uri: NEO4J_URI });
  const workers = folders.map((folder) => start(folder, file));
  try {
    let killed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = kill % WORKERS;
      await until(async () => (await graph.position()).applied >= ((kill + 1) * events.length) / (KILLS + 2));
      const worker = workers[victim];
      if (worker?.process.exitCode === null && worker.process.kill('SIGKILL')) killed += 1;
      await worker?.ended;
      workers[victim] = start(folders[victim] ?? '', file);
    }
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual(folders.map(() => ''));
    expect(killed).toBeGreaterThan(KILLS / 2);
    expect((await graph.position()).applied).toBe(events.length);
    const exported: string[] = [];
    for await (const line of graph.export()) exported.push(line);
    expect(differenceOf(referenceExport(deltasOf(events)), exported)).toBeNull();
    const feed = await graph.changes(0, 100_000);
    expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
    const { dropped, ...current } = referenceCurrent(deltasOf(events));
    expect(foldChanges(feed)).toEqual({ ...current, dropped: [...dropped].sort() });
  } finally {
    for (const worker of workers) worker.process.kill('SIGKILL');
    await graph.close();
    await rm(home, { recursive: true });
  }
});

interface Started {
  readonly process: ChildProcess;
  /** What it complained of. */
  readonly ended: Promise<string>;
}

function start(folder: string, log: string): Started {
  const args = [join(import.meta.dirname, 'committing-worker.mjs'), NEO4J_URI, folder, log];
  const process = spawn(globalThis.process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return { process, ended: new Promise((resolve) => process.on('close', () => resolve(said))) };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
