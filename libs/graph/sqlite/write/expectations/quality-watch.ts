/** Which checks of a dataset fail: the last word on each check counts. */
import { assetId, type Delta } from '#lineage';
import { type Database, int, text } from '../../database.ts';
import type { Interned } from '../../interned.ts';
import type { NameBook } from '../../read/name-book.ts';
import type { ExpectationTable } from './expectation-table.ts';
import type { ToldExpectation } from './told-expectation.ts';

/** Failing checks, each with when it was last told that it fails, ms. */
type QualityMemory = Record<string, number>;

interface Word {
  readonly assertion: string;
  readonly field: string;
  readonly passed: boolean;
  readonly t: number;
}

/** A sentence names so many checks. */
const NAMED = 5;

export class QualityWatch {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameBook;
  readonly #table: ExpectationTable;
  #touched = new Map<number, Map<string, Word>>();

  constructor(db: Database, interned: Interned, names: NameBook, table: ExpectationTable) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#table = table;
  }

  forget(): void {
    this.#touched = new Map();
  }

  observe(delta: Delta): void {
    const { t } = delta.stamp;
    for (const { dataset, assertion, field, passed } of delta.quality) {
      const name = this.#interned.dataset(dataset);
      const words = this.#touched.get(name) ?? new Map<string, Word>();
      const key = field === null ? assertion : `${assertion}(${field})`;
      const held = words.get(key);
      // Of one instant, who says that it fails is believed.
      if (held === undefined || held.t < t || (held.t === t && !passed))
        words.set(key, { assertion, field: field ?? '', passed, t });
      this.#touched.set(name, words);
    }
  }

  settle(): ToldExpectation[] {
    const told = [...this.#touched].flatMap(([name, words]) => this.#judge(name, words));
    this.#touched = new Map();
    return told;
  }

  #judge(name: number, words: ReadonlyMap<string, Word>): ToldExpectation[] {
    const before = this.#table.memory<QualityMemory>('quality', String(name)) ?? {};
    const failing: QualityMemory = { ...before };
    const added: string[] = [];
    let at = 0;
    for (const [check, word] of words) {
      const since = failing[check];
      if (word.passed && since !== undefined && word.t > since) delete failing[check];
      else if (word.passed || (since ?? -Infinity) >= word.t || this.#isOutdated(name, word)) continue;
      else {
        if (since === undefined) added.push(check);
        failing[check] = word.t;
      }
      at = Math.max(at, word.t);
    }
    if (at === 0) return [];
    const checks = Object.keys(failing).sort();
    this.#table.keep('quality', String(name), checks.length === 0 ? null : failing, null);
    const node = this.#names.node(name);
    const change = { subject: assetId(node), at, before: Object.keys(before).sort(), after: checks };
    if (added.length > 0) return [{ ...change, kind: 'quality.failed', text: sayFailing(node.name, checks) }];
    if (checks.length > 0) return [];
    return [{ ...change, kind: 'quality.recovered', text: `all checks of ${node.name} that failed pass again` }];
  }

  /** A newer word on this check is held already. */
  #isOutdated(name: number, { assertion, field, t }: Word): boolean {
    return this.#db
      .all('SELECT assertion, field, t FROM quality WHERE name = ? AND t > ?', name, t)
      .some((row) => int(row, 't') > t && text(row, 'assertion') === assertion && text(row, 'field') === field);
  }
}

function sayFailing(dataset: string, checks: readonly string[]): string {
  const more = checks.length > NAMED ? ` and ${checks.length - NAMED} more` : '';
  const what = checks.length === 1 ? '1 check' : `${checks.length} checks`;
  return `${what} of ${dataset} ${checks.length === 1 ? 'fails' : 'fail'}: ${checks.slice(0, NAMED).join(', ')}${more}`;
}
