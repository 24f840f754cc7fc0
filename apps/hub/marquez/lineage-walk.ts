import type { Asset, GraphReader } from '#lineage';
import type { JobIo } from './job-json.ts';

export interface LineageWalk {
  /** The jobs found, with all that each reads and writes. */
  readonly jobs: ReadonlyMap<string, JobIo>;
  readonly datasets: ReadonlySet<string>;
  /** The walk stopped at its limit of nodes. */
  readonly cut: boolean;
}

/**
 * Marquez's walk, whose depth counts jobs. It begins at one job: of a dataset, its newest writer, or a reader where
 * nobody writes it. Each step adds every job that shares a dataset with one already found, as writer or as fellow
 * reader, and all of its datasets.
 *
 * ```
 * c1 ─▶ j1 ─▶ c2 ─▶ j2 ─▶ c3 ─▶ j3 ─▶ c4        asked for c2, which j1 writes
 * └─ depth 0 ─┘
 * └─────── depth 1 ───────┘                     j2 shares c2 with j1; it brings c3
 * └──────────────── depth 2 ─────────────────┘  j3 shares c3 with j2; it brings c4
 * ```
 *
 * Two calls a step, however many nodes a step finds. A dataset or job without edges is alone.
 */
export async function lineageWalk(
  reader: GraphReader,
  start: Asset,
  depth: number,
  limit: number,
): Promise<LineageWalk> {
  const jobs = new Map<string, JobIo>();
  const datasets = new Set<string>();
  let frontier = start.kind === 'job' ? [start.id] : await firstJob(reader, start.id);
  if (start.kind === 'dataset') datasets.add(start.id);
  for (let step = 0; frontier.length > 0; step++) {
    const found = await reader.neighbours(frontier);
    const fresh = new Set<string>();
    for (const job of frontier) {
      const io = found.get(job) ?? { reads: [], writes: [], parents: [] };
      jobs.set(job, io);
      for (const dataset of [...io.reads, ...io.writes]) if (step === 0 || !datasets.has(dataset)) fresh.add(dataset);
    }
    for (const dataset of fresh) datasets.add(dataset);
    if (step >= depth || fresh.size === 0) break;
    const around = await reader.neighbours([...fresh]);
    const next = new Set(
      [...around.values()].flatMap(({ writers, readers }) => [...writers, ...readers]).filter((job) => !jobs.has(job)),
    );
    frontier = [...next].sort();
    if (jobs.size + datasets.size + frontier.length > limit) return { jobs, datasets, cut: true };
  }
  return { jobs, datasets, cut: false };
}

async function firstJob(reader: GraphReader, dataset: string): Promise<string[]> {
  const around = (await reader.neighbours([dataset])).get(dataset);
  const candidates = around === undefined || around.writers.length > 0 ? (around?.writers ?? []) : around.readers;
  const assets = (await reader.assets(candidates)).filter((asset) => asset !== null);
  const [newest] = assets.sort((a, b) => b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1));
  return newest === undefined ? [] : [newest.id];
}
