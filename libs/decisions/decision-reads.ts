/** What is asked of `decisions.db`. */
import type { StatementSyncInstance } from '@photostructure/sqlite';
import type {
  Breach,
  Decision,
  DecisionQuery,
  Delivery,
  FeedCursor,
  GuardPart,
  Incident,
  IncidentQuery,
  KeptPage,
  PlannedDelivery,
  ReactState,
} from '#rules';
import type { DecisionDatabase } from './decision-schema.ts';

export type Row = Record<string, string | number | null>;

export class DecisionReads {
  readonly #db: DecisionDatabase;
  readonly #statements = new Map<string, StatementSyncInstance>();

  constructor(db: DecisionDatabase) {
    this.#db = db;
  }

  prepare(sql: string): StatementSyncInstance {
    const found = this.#statements.get(sql);
    if (found !== undefined) return found;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  forget(): void {
    this.#statements.clear();
  }

  one(sql: string, ...args: Row[string][]): Row | null {
    return (this.prepare(sql).get(...args) as Row | undefined) ?? null;
  }

  all(sql: string, ...args: Row[string][]): Row[] {
    return this.prepare(sql).all(...args) as Row[];
  }

  revision(): number {
    return Number(this.note('revision') ?? 0);
  }

  state(): ReactState {
    const cursor = this.note('cursor');
    return {
      revision: this.revision(),
      cursor: cursor === null ? null : parse<FeedCursor>(cursor),
      breaches: this.all('SELECT body FROM breach ORDER BY key').map(bodyOf<Breach>),
      incidents: this.all(
        'SELECT i.body AS body FROM booked b JOIN incident i ON i.id = b.incident ORDER BY b.key',
      ).map(bodyOf<Incident>),
    };
  }

  guards(wanted: readonly Pick<GuardPart, 'part' | 'key'>[]): readonly GuardPart[] {
    return wanted.flatMap(({ part, key }) => {
      const row = this.one('SELECT value FROM guard WHERE part = ? AND key = ?', part, key);
      // The value is what this part was kept with: only `commit` writes it.
      return row === null ? [] : [{ part, key, value: parse(String(row['value'])) } as GuardPart];
    });
  }

  due(now: number, first: number): { readonly deliveries: readonly Delivery[]; readonly next: number | null } {
    const deliveries = this.all(
      'SELECT * FROM delivery WHERE next_attempt <= ? ORDER BY next_attempt, n LIMIT (? + 0)',
      now,
      first,
    ).map(deliveryOf);
    const next = this.one('SELECT min(next_attempt) AS at FROM delivery WHERE next_attempt > ?', now);
    return { deliveries, next: numberOrNull(next?.['at']) };
  }

  head(lane: string): Delivery | null {
    const row = this.one(
      "SELECT * FROM delivery WHERE lane = ? AND state = 'WAITING' AND next_attempt IS NOT NULL ORDER BY next_attempt, n LIMIT 1",
      lane,
    );
    return row === null ? null : deliveryOf(row);
  }

  delivery(id: string): Delivery | null {
    const row = this.one('SELECT * FROM delivery WHERE id = ?', id);
    return row === null ? null : deliveryOf(row);
  }

  decisions({ rules, subjects, verdicts, since, until, first, after }: DecisionQuery): KeptPage<Decision> {
    const where = new Conditions();
    where.among('rule', rules);
    where.among('subject', subjects);
    where.among('verdict', verdicts);
    if (since !== null) where.add('at >= ?', since);
    if (until !== null) where.add('at <= ?', until);
    return this.#page('decision', where, first, after);
  }

  decision(ids: readonly string[]): readonly Decision[] {
    return ids.flatMap((id) => this.all('SELECT body FROM decision WHERE id = ?', id).map(bodyOf<Decision>));
  }

  deliveries(decisions: readonly string[]): ReadonlyMap<string, readonly Delivery[]> {
    return new Map(
      decisions.map((id) => [id, this.all('SELECT * FROM delivery WHERE decision = ? ORDER BY n', id).map(deliveryOf)]),
    );
  }

  starters(since: number, most: number): readonly Decision[] {
    return this.all(
      'SELECT body FROM decision WHERE starts = 1 AND at >= ? ORDER BY at DESC, n DESC LIMIT (? + 0)',
      since,
      most,
    ).map(bodyOf<Decision>);
  }

  askedFor(deliveries: readonly string[]): ReadonlyMap<string, Decision> {
    const found = new Map<string, Decision>();
    for (const id of deliveries) {
      const row = this.one(
        'SELECT d.body AS body FROM delivery x JOIN decision d ON d.id = x.decision WHERE x.id = ?',
        id,
      );
      if (row !== null) found.set(id, bodyOf<Decision>(row));
    }
    return found;
  }

  lastFired(rules: readonly string[]): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const rule of rules) {
      const row = this.one("SELECT max(at) AS at FROM decision WHERE rule = ? AND verdict = 'FIRED'", rule);
      const at = numberOrNull(row?.['at']);
      if (at !== null) found.set(rule, at);
    }
    return found;
  }

  incidents({ states, subjects, rules, first, after }: IncidentQuery): KeptPage<Incident> {
    const where = new Conditions();
    where.among('state', states);
    where.among('subject', subjects);
    where.among('rule', rules);
    return this.#page('incident', where, first, after);
  }

  incident(ids: readonly string[]): readonly Incident[] {
    return ids.flatMap((id) => this.all('SELECT body FROM incident WHERE id = ?', id).map(bodyOf<Incident>));
  }

  note(name: string): string | null {
    const row = this.one('SELECT text FROM note WHERE name = ?', name);
    return row === null ? null : String(row['text']);
  }

  #page<T>(table: 'decision' | 'incident', where: Conditions, first: number, after: string | null): KeptPage<T> {
    if (after !== null) where.add('n < ?', Number(after));
    const rows = this.all(
      `SELECT n, body FROM ${table} WHERE ${where.text} ORDER BY n DESC LIMIT (? + 0)`,
      ...where.args,
      first + 1,
    );
    const shown = rows.slice(0, first);
    return { items: shown.map(bodyOf<T>), next: rows.length > first ? String(shown.at(-1)?.['n'] ?? '') : null };
  }
}

class Conditions {
  readonly #parts: string[] = ['1'];
  readonly args: Row[string][] = [];

  get text(): string {
    return this.#parts.join(' AND ');
  }

  add(part: string, ...args: Row[string][]): void {
    this.#parts.push(part);
    this.args.push(...args);
  }

  among(column: string, values: readonly string[] | null): void {
    if (values !== null) this.add(`${column} IN (${values.map(() => '?').join(', ')})`, ...values);
  }
}

/** What `DecisionFile` wrote there comes back as it was. */
const parse = <T>(text: string): T => JSON.parse(text) as T;
const bodyOf = <T>(row: Row): T => parse<T>(String(row['body']));
const numberOrNull = (value: Row[string] | undefined): number | null => (typeof value === 'number' ? value : null);

const deliveryOf = (row: Row): Delivery => ({
  ...parse<PlannedDelivery>(String(row['planned'])),
  state: String(row['state']) as Delivery['state'],
  attempts: Number(row['attempts']),
  firstAttempt: numberOrNull(row['first_attempt']),
  lastStatus: numberOrNull(row['last_status']),
  lastError: row['last_error'] === null ? null : String(row['last_error']),
  nextAttempt: numberOrNull(row['next_attempt']),
  deliveredAt: numberOrNull(row['delivered_at']),
});
