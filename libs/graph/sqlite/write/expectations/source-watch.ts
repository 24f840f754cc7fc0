/** When each source was heard, by arrival, and which has fallen silent. */
import {
  DAYS_KEPT,
  formatInstant,
  heardAt,
  isPolicySource,
  lastHeardOf,
  SLOT,
  sayHeardAgain,
  saySilent,
  usualOf,
} from '#lineage';
import { type Database, int } from '../../database.ts';
import type { ExpectationTable } from './expectation-table.ts';
import { sourceSubject, type ToldExpectation } from './told-expectation.ts';

interface SourceMemory {
  readonly silentSince: number;
}

const DAY = 24 * 3_600_000;

export class SourceWatch {
  readonly #db: Database;
  readonly #table: ExpectationTable;
  /** The hour in which each source was heard last, as it is stored. */
  readonly #stored = new Map<string, { hour: number; slots: number }>();
  /** By source and hour: what is to be stored. */
  #heard = new Map<string, { source: string; hour: number; slots: number; at: number }>();

  constructor(db: Database, table: ExpectationTable) {
    this.#db = db;
    this.#table = table;
  }

  forget(): void {
    this.#stored.clear();
    this.#heard = new Map();
  }

  heard(source: string, receivedAt: number): void {
    // The hub itself, telling policies of its rule files: that has no rhythm to keep.
    if (isPolicySource(source)) return;
    const { hour, slots } = heardAt(receivedAt);
    const stored = this.#stored.get(source);
    if (stored !== undefined && stored.hour === hour && (stored.slots & slots) !== 0) return;
    const key = `${hour}.${source}`;
    const held = this.#heard.get(key);
    this.#heard.set(key, { source, hour, slots: (held?.slots ?? 0) | slots, at: Math.max(held?.at ?? 0, receivedAt) });
    const known = stored === undefined || stored.hour !== hour ? 0 : stored.slots;
    this.#stored.set(source, { hour, slots: known | slots });
  }

  settle(now: number): ToldExpectation[] {
    const told: ToldExpectation[] = [];
    for (const { source, hour, slots, at } of this.#heard.values()) {
      this.#db.write(
        'INSERT INTO heard(source, hour, slots) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET slots = slots | excluded.slots',
        source,
        hour,
        slots,
      );
      const memory = this.#table.memory<SourceMemory>('source', source);
      this.#table.keep('source', source, null, now + SLOT);
      if (memory === null) continue;
      const change = { before: { silentSince: formatInstant(memory.silentSince) }, after: null };
      const text = sayHeardAgain(source, at - memory.silentSince);
      told.push({ kind: 'source.recovered', subject: sourceSubject(source), at, text, ...change });
    }
    this.#heard = new Map();
    return told;
  }

  judge(source: string, now: number): ToldExpectation[] {
    if (this.#table.memory<SourceMemory>('source', source) !== null) return [];
    this.#db.run('DELETE FROM heard WHERE source = ? AND hour < ?', source, heardAt(now - DAYS_KEPT * DAY).hour);
    const hours = this.#db
      .all('SELECT hour, slots FROM heard WHERE source = ? ORDER BY hour', source)
      .map((row) => ({ hour: int(row, 'hour'), slots: int(row, 'slots') }));
    const usual = usualOf(hours);
    const last = lastHeardOf(hours);
    if (last === null) return [];
    // Each day teaches: what is usual now may be shorter than what was.
    const tomorrow = now + DAY;
    if (usual === null || now < last + usual.patience) {
      const next = usual === null ? tomorrow : Math.min(tomorrow, last + usual.patience);
      this.#table.keep('source', source, null, next);
      return [];
    }
    this.#table.keep('source', source, { silentSince: last } satisfies SourceMemory, null);
    return [
      {
        kind: 'source.silent',
        subject: sourceSubject(source),
        at: last + usual.patience,
        text: saySilent(source, last, usual),
        before: null,
        after: { silentSince: formatInstant(last), usual: usual.gap, days: usual.count },
      },
    ];
  }
}
