/** What was told of each thing that is watched, and the ordered set of instants at which to look again. */

import { BoundedMap } from '../../bounded-map.ts';
import { type Database, intOrNull, text, textOrNull } from '../../database.ts';
import { REMEMBERED } from '../../remembered.ts';

export type Watch = 'run' | 'source' | 'volume' | 'quality' | 'contract';

interface Held {
  readonly memory: string | null;
  readonly deadline: number | null;
}

const NOTHING: Held = { memory: null, deadline: null };

/**
 * A stored deadline is never later than the true one, and may be earlier: a run that came in time moves the true one on,
 * which needs no write; once the stored one has come, what is looked at says when to look again. So what comes as
 * usual writes nothing, and a tick costs one look into the index where nothing is due.
 */
export class ExpectationTable {
  readonly #db: Database;
  readonly #held = new BoundedMap<string, Held>(REMEMBERED.names);

  constructor(db: Database) {
    this.#db = db;
  }

  forget(): void {
    this.#held.clear();
  }

  memory<T>(watch: Watch, subject: string): T | null {
    const { memory } = this.#row(watch, subject);
    return memory === null ? null : (JSON.parse(memory) as T);
  }

  /** @param memory null: nothing is open @param deadline when to look again, ms; null: when something comes */
  keep(watch: Watch, subject: string, memory: unknown, deadline: number | null): void {
    const held = this.#row(watch, subject);
    const kept = { memory: memory === null ? null : JSON.stringify(memory), deadline };
    const isInTime = deadline === null || (held.deadline !== null && held.deadline <= deadline);
    if (kept.memory === held.memory && isInTime) return;
    this.#write(watch, subject, kept);
  }

  /** Whose deadline has come, the first ones first. It counts as looked at: `keep` says when to look again. */
  due(now: number): { readonly watch: Watch; readonly subject: string }[] {
    const due = this.#db.all(
      'SELECT watch, subject, memory FROM expectation WHERE deadline <= ? ORDER BY deadline LIMIT 5000',
      now,
    );
    return due.map((row) => {
      const [watch, subject] = [text(row, 'watch') as Watch, text(row, 'subject')];
      this.#write(watch, subject, { memory: textOrNull(row, 'memory'), deadline: null });
      return { watch, subject };
    });
  }

  /** Of all that is kept of a watch: its subjects. */
  subjects(watch: Watch): string[] {
    return this.#db.all('SELECT subject FROM expectation WHERE watch = ?', watch).map((row) => text(row, 'subject'));
  }

  #row(watch: Watch, subject: string): Held {
    const key = `${watch}.${subject}`;
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const row = this.#db.get(
      'SELECT memory, deadline FROM expectation WHERE watch = ? AND subject = ?',
      watch,
      subject,
    );
    const read =
      row === undefined ? NOTHING : { memory: textOrNull(row, 'memory'), deadline: intOrNull(row, 'deadline') };
    this.#held.set(key, read);
    return read;
  }

  #write(watch: Watch, subject: string, { memory, deadline }: Held): void {
    this.#db.write(
      `INSERT INTO expectation(watch, subject, memory, deadline) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET memory = excluded.memory, deadline = excluded.deadline`,
      watch,
      subject,
      memory,
      deadline,
    );
    this.#held.set(`${watch}.${subject}`, { memory, deadline });
  }
}
