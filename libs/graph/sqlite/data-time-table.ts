/** What runs and watermarks contribute to data times, and the steps that follow: tables `contribution` and `data_time_step`. */
import {
  type DataTimeContribution,
  type DataTimeMoment,
  type DataTimeRows,
  type DataTimeStep,
  type DataTimeValue,
  momentOf,
  seenBy,
} from '#lineage';
import { type Database, text, textOrNull } from './database.ts';

/** Rows of data time. Datasets are the numbers of their nodes, as text. */
export class DataTimeTable implements DataTimeRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  contribution(key: string): DataTimeContribution | null {
    const row = this.#db.get('SELECT body FROM contribution WHERE key = ?', key);
    return row === undefined ? null : (JSON.parse(text(row, 'body')) as DataTimeContribution);
  }

  /** In pages: most of the time the first row settles the question. */
  *contributionsFrom(dataset: string, moment: DataTimeMoment): Iterable<DataTimeContribution> {
    let [at, after] = [moment, ''];
    for (let size = 4; ; size = 256) {
      const rows = this.#db.all(
        'SELECT body FROM contribution WHERE dataset = ? AND (moment, key) > (?, ?) ORDER BY moment, key LIMIT (? + 0)',
        Number(dataset),
        at,
        after,
        size,
      );
      for (const row of rows) {
        const found = JSON.parse(text(row, 'body')) as DataTimeContribution;
        [at, after] = [momentOf(found), found.key];
        yield found;
      }
      if (rows.length < size) return;
    }
  }

  readers(dataset: string, from: DataTimeMoment, to: DataTimeMoment): Iterable<string> {
    return this.#db
      .all(
        'SELECT key FROM contribution_input WHERE input = ? AND seen >= ? AND seen < ? ORDER BY seen, key',
        Number(dataset),
        from,
        Number.isFinite(to) ? to : Number.MAX_SAFE_INTEGER,
      )
      .map((row) => text(row, 'key'));
  }

  store(contribution: DataTimeContribution): void {
    this.#removeInputs(contribution.key);
    this.#db.run(
      `INSERT INTO contribution(key, dataset, moment, run, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET dataset = excluded.dataset, moment = excluded.moment, run = excluded.run, body = excluded.body`,
      contribution.key,
      Number(contribution.dataset),
      momentOf(contribution),
      runIn(contribution.key),
      JSON.stringify(contribution),
    );
    if (contribution.kind !== 'write') return;
    for (const input of contribution.inputs) {
      this.#db.run(
        'INSERT OR IGNORE INTO contribution_input(input, seen, key) VALUES (?, ?, ?)',
        Number(input),
        seenBy(contribution),
        contribution.key,
      );
    }
  }

  remove(key: string): void {
    this.#removeInputs(key);
    this.#db.run('DELETE FROM contribution WHERE key = ?', key);
  }

  value(key: string): DataTimeValue | null {
    const row = this.#db.get('SELECT value FROM contribution WHERE key = ?', key);
    const held = row === undefined ? null : textOrNull(row, 'value');
    return held === null ? null : (JSON.parse(held) as DataTimeValue);
  }

  setValue(key: string, value: DataTimeValue): void {
    this.#db.run('UPDATE contribution SET value = ? WHERE key = ?', JSON.stringify(value), key);
  }

  stepUpTo(dataset: string, moment: DataTimeMoment): DataTimeStep | null {
    const row = this.#db.get(
      'SELECT step FROM data_time_step WHERE dataset = ? AND moment <= ? ORDER BY moment DESC LIMIT 1',
      Number(dataset),
      moment,
    );
    return row === undefined ? null : (JSON.parse(text(row, 'step')) as DataTimeStep);
  }

  setStep(dataset: string, step: DataTimeStep): void {
    this.#db.run(
      'INSERT INTO data_time_step(dataset, moment, step) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET step = excluded.step',
      Number(dataset),
      step.moment,
      JSON.stringify(step),
    );
  }

  removeStep(dataset: string, moment: DataTimeMoment): void {
    this.#db.run('DELETE FROM data_time_step WHERE dataset = ? AND moment = ?', Number(dataset), moment);
  }

  #removeInputs(key: string): void {
    const held = this.contribution(key);
    if (held?.kind !== 'write') return;
    for (const input of held.inputs) {
      this.#db.run(
        'DELETE FROM contribution_input WHERE input = ? AND seen = ? AND key = ?',
        Number(input),
        seenBy(held),
        key,
      );
    }
  }
}

/** Keys of runs' contributions begin with the run: `run:NUMBER:…`. */
const runIn = (key: string): number => Number(/^run:(\d+):/.exec(key)?.[1] ?? 0);
