import {
  assetId,
  type FreshnessAnswer,
  type FreshnessPolicy,
  freshnessAnswer,
  type KeptFreshness,
  whyDataTime,
} from '#lineage';
import { DataTimeTable } from '../data-time-table.ts';
import { type Database, text } from '../database.ts';
import type { NameBook, NameRow } from './name-book.ts';

/** States by the clock of who asks, from the data times that the writer keeps. */
export class FreshnessReader {
  readonly #db: Database;
  readonly #names: NameBook;
  readonly #times: DataTimeTable;

  constructor(db: Database, names: NameBook) {
    this.#db = db;
    this.#names = names;
    this.#times = new DataTimeTable(db);
  }

  of(dataset: NameRow, now: number): FreshnessAnswer {
    return freshnessAnswer(assetId(dataset), this.kept(dataset), now);
  }

  /** null: its data time is not kept. */
  kept(dataset: NameRow): KeptFreshness | null {
    if (this.#db.get('SELECT 1 AS yes FROM watched WHERE dataset = ?', dataset.id) === undefined) return null;
    const node = (key: string): NameRow => this.#names.byId(Number(key));
    const { reach, path } = whyDataTime(this.#times, String(dataset.id), (key) => node(key).name);
    return {
      policies: this.#policiesOf(dataset.id),
      reach,
      path: path.map((step) => ({ at: assetId(node(step.dataset)), dataTime: step.at, because: step.because })),
    };
  }

  #policiesOf(dataset: number): FreshnessPolicy[] {
    const row = this.#db.get('SELECT policies FROM freshness WHERE dataset = ?', dataset);
    return row === undefined ? [] : (JSON.parse(text(row, 'policies')) as FreshnessPolicy[]);
  }
}
