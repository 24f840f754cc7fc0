import {
  assetId,
  evaluateFreshness,
  type FreshnessAnswer,
  type FreshnessPolicy,
  policyText,
  whyDataTime,
  worstOf,
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
    if (this.#db.get('SELECT 1 AS yes FROM watched WHERE dataset = ?', dataset.id) === undefined) {
      return unwatched(assetId(dataset));
    }
    const node = (key: string): NameRow => this.#names.byId(Number(key));
    const { reach, path } = whyDataTime(this.#times, String(dataset.id), (key) => node(key).name);
    const judged = this.#policiesOf(dataset.id).map((policy) => ({
      policy,
      verdict: evaluateFreshness(policy, reach, now),
    }));
    const { state, deadline } = worstOf(judged.map(({ verdict }) => verdict));
    const deciding = judged.find(({ verdict }) => verdict.state === state && verdict.deadline === deadline)?.policy;
    return {
      state,
      dataTime: reach.at,
      deadline,
      policy:
        deciding === undefined ? null : { name: deciding.name, source: deciding.source, text: policyText(deciding) },
      why: path.map((step) => ({ at: assetId(node(step.dataset)), dataTime: step.at, because: step.because })),
    };
  }

  #policiesOf(dataset: number): FreshnessPolicy[] {
    const row = this.#db.get('SELECT policies FROM freshness WHERE dataset = ?', dataset);
    return row === undefined ? [] : (JSON.parse(text(row, 'policies')) as FreshnessPolicy[]);
  }
}

const unwatched = (at: string): FreshnessAnswer => ({
  state: 'NOT_APPLICABLE',
  dataTime: null,
  deadline: null,
  policy: null,
  why: [
    {
      at,
      dataTime: null,
      because: 'no policy asks anything of it or of what is made from it: its data time is not kept',
    },
  ],
});
