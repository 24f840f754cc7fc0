/** Workers of the scaled size, in this process: four writers of one graph in Neo4j. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { GraphCommitter, ReadableGraph } from '#graph';
import type { Change } from '#lineage';
import { all } from '../graph/all.ts';
import type { Delivery, JsonEvent } from '../model/generators.ts';
import { deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ReadLog } from './read-log.ts';

export const WORKERS = 4;

/** Workers with files of their own, on one graph and one log. */
export class Team {
  readonly log = new ReadLog();
  readonly graph: ReadableGraph;
  readonly #folders: string[];
  readonly #turnMs: number;
  readonly workers: GraphCommitter[] = [];

  private constructor(graph: ReadableGraph, folders: string[], turnMs: number) {
    this.graph = graph;
    this.#turnMs = turnMs;
    this.#folders = folders;
  }

  static async meet(size = WORKERS, turnMs = 1000): Promise<Team> {
    await emptyNeo4j();
    const graph = await ReadableGraph.open({ uri: NEO4J_URI });
    const folders = await Promise.all(Array.from({ length: size }, () => mkdtemp(join(tmpdir(), 'headwater-worker-'))));
    const team = new Team(graph, folders, turnMs);
    for (const [i] of folders.entries()) await team.start(i);
    return team;
  }

  worker(i: number): GraphCommitter {
    const worker = this.workers[i % this.workers.length];
    if (worker === undefined) throw new Error('no worker');
    return worker;
  }

  /** Closes the worker, if it runs, and opens it on its file. */
  async start(i: number, folder = this.#folders[i] ?? ''): Promise<GraphCommitter> {
    await this.workers[i]?.close();
    const worker = await GraphCommitter.open({
      graph: this.graph,
      folder,
      log: this.log,
      now: () => 0,
      turnMs: this.#turnMs,
    });
    this.workers[i] = worker;
    this.#folders[i] = folder;
    return worker;
  }

  /** What arrives in batches, each at another worker: graph and workers hold what the reference makes of it, after each. */
  async obeysOrderLaw(events: readonly JsonEvent[], delivery: Delivery): Promise<void> {
    const arrived: unknown[] = [];
    const feed: Change[] = [];
    for (const [n, { events: indexes, restart }] of delivery.entries()) {
      const batch = indexes.map((index) => events[index]);
      const first = arrived.length + 1;
      const next = batch.map((event, i) => logged(event, first + i));
      arrived.push(...batch);
      this.log.append(...next);
      const worker = restart ? await this.start(n % this.workers.length) : this.worker(n);
      const { changes, faults, applied } = await worker.apply(next);
      expect({ faults, applied }).toEqual({ faults: [], applied: arrived.length });
      feed.push(...changes);
      const wanted = referenceExport(deltasOf(arrived));
      expect(differenceOf(wanted, await all(this.graph.export()))).toBeNull();
      expect(differenceOf(wanted, await all(this.worker(n + 1).export()))).toBeNull();
    }
    expect(await this.graph.changes(0, 10_000)).toEqual(feed);
    expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
  }

  async end(): Promise<void> {
    for (const worker of this.workers) await worker.close();
    await this.graph.close();
    for (const folder of this.#folders) await rm(folder, { recursive: true });
  }
}
