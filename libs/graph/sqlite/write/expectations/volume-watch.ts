/** Row counts that runs told of what they wrote, by dataset and job, and whether the newest is unusual. */

import { assetId, COUNTS_KEPT, type Delta, judgeVolume, sayVolume } from '#lineage';
import { BoundedMap } from '../../bounded-map.ts';
import { type Database, int } from '../../database.ts';
import type { Interned } from '../../interned.ts';
import type { NameBook } from '../../read/name-book.ts';
import { REMEMBERED } from '../../remembered.ts';
import type { RunRow } from '../run-table.ts';
import type { ExpectationTable } from './expectation-table.ts';
import type { ToldExpectation } from './told-expectation.ts';

interface CountOfRun {
  readonly run: number;
  readonly t: number;
  readonly rows: number;
}

interface VolumeMemory {
  readonly unusual: 'LOW' | 'HIGH';
  /** Since the count of this time: what came from then on doesn't teach what is usual. */
  readonly since: number;
}

/** Of a dataset that many jobs write, how many counts are looked through for those of one. */
const MOST_READ = 300;

export class VolumeWatch {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameBook;
  readonly #table: ExpectationTable;
  /** Newest first, one more than teach. */
  readonly #windows = new BoundedMap<string, readonly CountOfRun[]>(REMEMBERED.assets);
  #touched = new Map<string, { name: number; job: number; counts: Map<number, CountOfRun> }>();

  constructor(db: Database, interned: Interned, names: NameBook, table: ExpectationTable) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#table = table;
  }

  forget(): void {
    this.#windows.clear();
    this.#touched = new Map();
  }

  /** What a run that is done says of what it wrote. What a reader counted says how much it read. */
  observe(delta: Delta, run: RunRow, written: readonly number[]): void {
    if (run.facts.status !== 'DONE') return;
    for (const { dataset, rows } of delta.statistics) {
      const name = this.#interned.dataset(dataset);
      if (rows === undefined || !written.includes(name)) continue;
      const key = `${name}.${run.job}`;
      const touched = this.#touched.get(key) ?? { name, job: run.job, counts: new Map() };
      const held = touched.counts.get(run.id);
      if (held === undefined || held.t <= delta.stamp.t)
        touched.counts.set(run.id, { run: run.id, t: delta.stamp.t, rows });
      this.#touched.set(key, touched);
    }
  }

  /** It isn't done after all: its counts no longer teach. */
  failed(): void {
    this.#windows.clear();
  }

  settle(): ToldExpectation[] {
    const told: ToldExpectation[] = [];
    for (const [key, { name, job, counts }] of this.#touched) {
      const held = this.#windows.get(key);
      const window = held === undefined ? this.#read(name, job) : joined(held, counts);
      this.#windows.set(key, window);
      const [newest] = window;
      if (newest !== undefined && counts.has(newest.run)) told.push(...this.#judge(key, name, newest, window.slice(1)));
    }
    this.#touched = new Map();
    return told;
  }

  #judge(key: string, name: number, newest: CountOfRun, earlier: readonly CountOfRun[]): ToldExpectation[] {
    const memory = this.#table.memory<VolumeMemory>('volume', key);
    const before = memory === null ? earlier : earlier.filter(({ t }) => t < memory.since);
    const verdict = judgeVolume(
      newest.rows,
      before.map(({ rows }) => rows),
    );
    // What was usual is too long ago to be known: the new level is the usual one.
    const unusual = verdict?.unusual ?? null;
    if (unusual === (memory?.unusual ?? null)) return [];
    const since = unusual === null ? null : (memory?.since ?? newest.t);
    this.#table.keep('volume', key, unusual === null || since === null ? null : { unusual, since }, null);
    const node = this.#names.node(name);
    const facts =
      verdict === null
        ? null
        : { median: verdict.median, least: verdict.least, most: verdict.most, runs: verdict.count };
    return [
      {
        kind: unusual === null ? 'volume.recovered' : 'volume.anomaly',
        subject: assetId(node),
        at: newest.t,
        text:
          verdict === null
            ? `what ${node.name} is written with now has become usual`
            : sayVolume(node.name, newest.rows, verdict),
        before: memory?.unusual ?? null,
        after: { unusual, rows: newest.rows, ...facts },
      },
    ];
  }

  #read(name: number, job: number): CountOfRun[] {
    return this.#db
      .all(
        `SELECT s.run, s.t, s.rows FROM (SELECT run, t, rows FROM statistics WHERE name = ? AND rows IS NOT NULL ORDER BY t DESC LIMIT ${MOST_READ}) s
         JOIN run r ON r.id = s.run WHERE r.job = ? AND r.status = 'DONE' ORDER BY s.t DESC, s.run DESC LIMIT ${COUNTS_KEPT + 1}`,
        name,
        job,
      )
      .map((row) => ({ run: int(row, 'run'), t: int(row, 't'), rows: int(row, 'rows') }));
  }
}

function joined(window: readonly CountOfRun[], counts: ReadonlyMap<number, CountOfRun>): CountOfRun[] {
  const all = [...window.filter(({ run }) => !counts.has(run)), ...counts.values()];
  all.sort((a, b) => b.t - a.t || b.run - a.run);
  return all.slice(0, COUNTS_KEPT + 1);
}
