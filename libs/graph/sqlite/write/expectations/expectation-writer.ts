/**
 * What is expected, and the changes where it isn't so: runs by their job's earlier runs, row counts by earlier counts, sources
 * by when they are heard, checks of quality and contracts by their last word.
 *
 * ```
 * event ─▶ observe ─▶ windows in memory ─▶ settle (end of the batch) ─▶ judge ─▶ changes
 *                                                                        │ memory, deadline
 * tick ──▶ due ◀───────────────────────────────────────────── expectation table
 * ```
 */
import type { DeclaredRuns, Delta } from '#lineage';
import type { Database } from '../../database.ts';
import type { Interned } from '../../interned.ts';
import { NameBook } from '../../read/name-book.ts';
import type { RunFacts, RunRow } from '../run-table.ts';
import { ContractWatch } from './contract-watch.ts';
import { ExpectationTable } from './expectation-table.ts';
import { QualityWatch } from './quality-watch.ts';
import { RunWatch } from './run-watch.ts';
import { SourceWatch } from './source-watch.ts';
import type { ToldExpectation } from './told-expectation.ts';
import { VolumeWatch } from './volume-watch.ts';

export class ExpectationWriter {
  readonly #table: ExpectationTable;
  readonly #runs: RunWatch;
  readonly #volumes: VolumeWatch;
  readonly #quality: QualityWatch;
  readonly #contracts: ContractWatch;
  readonly #sources: SourceWatch;

  constructor(db: Database, interned: Interned) {
    const names = new NameBook(db);
    this.#table = new ExpectationTable(db);
    this.#runs = new RunWatch(db, names, this.#table);
    this.#volumes = new VolumeWatch(db, interned, names, this.#table);
    this.#quality = new QualityWatch(db, interned, names, this.#table);
    this.#contracts = new ContractWatch(db, interned, names, this.#table);
    this.#sources = new SourceWatch(db, this.#table);
  }

  forget(): void {
    const parts = [this.#table, this.#runs, this.#volumes, this.#quality, this.#contracts, this.#sources];
    for (const part of parts) part.forget();
  }

  declare(declared: ReadonlyMap<string, DeclaredRuns>): void {
    this.#runs.declare(declared);
  }

  /** @param written names of the datasets that the event says its run writes */
  observe(delta: Delta, run: RunRow | null, written: () => readonly number[], receivedAt: number): void {
    this.#sources.heard(delta.source, receivedAt);
    if (delta.quality.length > 0) this.#quality.observe(delta);
    this.#contracts.observe(delta);
    if (run === null || run.facts.type !== 'BATCH') return;
    this.#runs.touch(run);
    if (delta.statistics.length > 0) this.#volumes.observe(delta, run, written());
  }

  /** How a run is read changed, by whatever event. */
  runChanged(run: RunRow, before: RunFacts): void {
    this.#runs.touch(run);
    if (before.status === 'DONE') this.#volumes.failed();
  }

  /** Ends a batch, all rows written. @param now 0: there is no clock */
  settle(now: number): ToldExpectation[] {
    return [
      ...this.#runs.settle(now),
      ...this.#volumes.settle(),
      ...this.#quality.settle(),
      ...this.#contracts.settle(),
      ...this.#sources.settle(now),
    ];
  }

  due(now: number): ToldExpectation[] {
    return this.#table.due(now).flatMap(({ watch, subject }) => {
      if (watch === 'run') return this.#runs.judge(Number(subject), now);
      return watch === 'source' ? this.#sources.judge(subject, now) : [];
    });
  }
}
