/**
 * The decision store of the scaled size: beside the graph in Neo4j, written by as many processes as there are. Every write
 * goes through one node: a commit must find it at the revision that its writer saw, else it is overtaken and nothing of it
 * is kept. So what is decided is decided once, whoever decides; whose turn it is only saves work.
 *
 * Its limits: writes have one order, and each takes a transaction of the server (some milliseconds); attempts that end
 * together share one.
 */
import { randomUUID } from 'node:crypto';
import { makeSchema, Neo4jDatabase, type Neo4jOptions, NewerNeo4jSchema, type Properties } from '#graph';
import type { TakesTurns } from '#lineage';
import type {
  Attempt,
  Breach,
  Decision,
  DecisionQuery,
  DecisionStore,
  Delivery,
  FeedCursor,
  GuardPart,
  Incident,
  IncidentFeed,
  IncidentQuery,
  IncidentsSince,
  KeptPage,
  ReactCommit,
  ReactState,
} from '#rules';
import { AttemptKeeper } from './neo4j/attempt-keeper.ts';
import * as cypher from './neo4j/decision-queries.ts';
import { bodyOf, deliveryOf, numberOrNull } from './neo4j/stored-rows.ts';
import { guardId, writeCommit } from './neo4j/write-commit.ts';

/** Raised by one with each change of what is stored; each step up gets a query of its own. */
export const NEO4J_DECISIONS = 1;

const TURN_MS = 5_000;
const PRUNED_AT_ONCE = 1_000;

export interface Neo4jDecisionStoreOptions {
  readonly neo4j: Neo4jOptions;
  /** How long others wait for a process that went away before one of them reacts, ms. */
  readonly turnMs?: number;
}

export class Neo4jDecisionStore implements DecisionStore, IncidentFeed, TakesTurns {
  readonly #worker = randomUUID();
  readonly #database: Neo4jDatabase;
  readonly #attempts: AttemptKeeper;
  readonly #turnMs: number;
  /** Until when, by the clock of this process that only rises, the turn surely is this process's. */
  #turnUntil = 0;
  /** Whoever asks again that soon would hear the same. */
  #othersUntil = 0;
  #closed = false;

  private constructor(database: Neo4jDatabase, turnMs: number) {
    this.#database = database;
    this.#attempts = new AttemptKeeper(database);
    this.#turnMs = turnMs;
  }

  /** @throws NewerNeo4jSchema */
  static async open({ neo4j, turnMs = TURN_MS }: Neo4jDecisionStoreOptions): Promise<Neo4jDecisionStore> {
    const database = await Neo4jDatabase.connect(neo4j);
    try {
      await prepare(database);
      return new Neo4jDecisionStore(database, turnMs);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Under the lock of the commits: a reading of several statements is of one state. */
  state(): Promise<ReactState> {
    return this.#database.write(async (statements) => {
      const [held] = await statements.run(cypher.HOLD);
      const cursor = held?.['cursor'];
      return {
        revision: Number(held?.['revision'] ?? 0),
        cursor: typeof cursor === 'string' ? (JSON.parse(cursor) as FeedCursor) : null,
        breaches: (await statements.run(cypher.READ_BREACHES)).map(bodyOf<Breach>),
        incidents: (await statements.run(cypher.READ_BOOKED)).map(bodyOf<Incident>),
      };
    });
  }

  async guards(wanted: readonly Pick<GuardPart, 'part' | 'key'>[]): Promise<readonly GuardPart[]> {
    const rows = await this.#read(cypher.READ_GUARDS, { ids: wanted.map(guardId) });
    const kept = new Map(rows.map((row) => [row['id'], String(row['value'])]));
    return wanted.flatMap(({ part, key }) => {
      const value = kept.get(guardId({ part, key }));
      // The value is what this part was kept with: only `commit` writes it.
      return value === undefined ? [] : [{ part, key, value: JSON.parse(value) } as GuardPart];
    });
  }

  commit(commit: ReactCommit): Promise<boolean> {
    return this.#database.write((statements) => writeCommit(statements, commit));
  }

  /** @returns whether this process is to react to what comes next, for a while */
  async takeTurn(): Promise<boolean> {
    const asked = performance.now();
    if (asked < this.#turnUntil) return true;
    if (asked < this.#othersUntil) return false;
    const rows = await this.#database.write((statements) =>
      statements.run(cypher.TAKE_TURN, { worker: this.#worker, ms: this.#turnMs }),
    );
    // Half of it is left to others' clocks, and to what is being decided when it ends.
    this.#turnUntil = rows.length > 0 ? asked + this.#turnMs / 2 : 0;
    this.#othersUntil = asked + this.#turnMs / 10;
    return rows.length > 0;
  }

  async due(
    now: number,
    first: number,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly next: number | null }> {
    return this.#database.read(async (statements) => {
      const deliveries = (await statements.run(cypher.READ_DUE, { now, first })).map(deliveryOf);
      const [next] = await statements.run(cypher.READ_NEXT, { now });
      return { deliveries, next: numberOrNull(next?.['at']) };
    });
  }

  async head(lane: string): Promise<Delivery | null> {
    const [row] = await this.#read(cypher.READ_HEAD, { lane });
    return row === undefined ? null : deliveryOf(row);
  }

  attempted(id: string, attempt: Attempt): Promise<void> {
    return this.#attempts.keep(id, attempt);
  }

  redeliver(id: string, now: number): Promise<Delivery | null> {
    return this.#database.write(async (statements) => {
      await statements.run(cypher.HOLD);
      const [row] = await statements.run(cypher.REDELIVER, { id });
      if (row === undefined) return null;
      await statements.run(cypher.ENABLE_TARGET, { target: row['target'] });
      await statements.run(cypher.PROMOTE, { rows: [{ lane: row['lane'], at: now }] });
      return deliveryOf((await statements.run(cypher.READ_DELIVERY, { id }))[0]);
    });
  }

  decisions({ rules, subjects, verdicts, since, until, first, after }: DecisionQuery): Promise<KeptPage<Decision>> {
    const query =
      subjects !== null
        ? cypher.READ_DECISIONS_OF_SUBJECTS
        : rules !== null
          ? cypher.READ_DECISIONS_OF_RULES
          : cypher.READ_DECISIONS;
    return this.#page(query, { rules, subjects, verdicts, since, until }, first, after);
  }

  async decision(ids: readonly string[]): Promise<readonly Decision[]> {
    return inOrder(ids, await this.#read(cypher.READ_DECISION, { ids }));
  }

  async deliveries(decisions: readonly string[]): Promise<ReadonlyMap<string, readonly Delivery[]>> {
    const found = new Map<string, Delivery[]>(decisions.map((id) => [id, []]));
    for (const row of await this.#read(cypher.READ_DELIVERIES, { decisions }))
      found.get(String(row['decision']))?.push(deliveryOf(row));
    return found;
  }

  async starters(since: number, most: number): Promise<readonly Decision[]> {
    return (await this.#read(cypher.READ_STARTERS, { since, most })).map(bodyOf<Decision>);
  }

  async askedFor(deliveries: readonly string[]): Promise<ReadonlyMap<string, Decision>> {
    const rows = await this.#read(cypher.READ_ASKED_FOR, { deliveries });
    return new Map(rows.map((row) => [String(row['delivery']), bodyOf<Decision>(row)]));
  }

  async lastFired(rules: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#read(cypher.READ_LAST_FIRED, { rules });
    return new Map(rows.map((row) => [String(row['rule']), Number(row['at'])]));
  }

  incidents({ states, subjects, rules, first, after }: IncidentQuery): Promise<KeptPage<Incident>> {
    const query =
      subjects !== null
        ? cypher.READ_INCIDENTS_OF_SUBJECTS
        : states !== null
          ? cypher.READ_INCIDENTS_OF_STATES
          : cypher.READ_INCIDENTS;
    return this.#page(query, { states, subjects, rules }, first, after);
  }

  async incident(ids: readonly string[]): Promise<readonly Incident[]> {
    return inOrder(ids, await this.#read(cypher.READ_INCIDENT, { ids }));
  }

  /** Under the lock of the commits, as `state`. */
  incidentsSince(revision: number | null): Promise<IncidentsSince> {
    return this.#database.write(async (statements) => {
      const [held] = await statements.run(cypher.HOLD);
      const rows = revision === null ? [] : await statements.run(cypher.READ_INCIDENTS_SINCE, { revision });
      return { revision: Number(held?.['revision'] ?? 0), incidents: rows.map(bodyOf<Incident>) };
    });
  }

  async note(name: string): Promise<string | null> {
    const [row] = await this.#read(cypher.READ_NOTE, { name });
    return row === undefined ? null : String(row['text']);
  }

  async keepNote(name: string, text: string): Promise<void> {
    await this.#database.write((statements) => statements.run(cypher.PUT_NOTE, { name, text }));
  }

  async prune(before: number): Promise<{ readonly decisions: number; readonly incidents: number }> {
    return {
      decisions: await this.#prune(cypher.PRUNE_DECISIONS, before),
      incidents: await this.#prune(cypher.PRUNE_INCIDENTS, before),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#turnUntil > 0)
      await this.#database
        .write((statements) => statements.run(cypher.END_TURN, { worker: this.#worker }))
        .catch(() => undefined); // it ends by itself
    await this.#database.close();
  }

  async #prune(query: string, before: number): Promise<number> {
    for (let gone = 0; ; ) {
      const [row] = await this.#database.write(async (statements) => {
        await statements.run(cypher.HOLD);
        return statements.run(query, { before, first: PRUNED_AT_ONCE });
      });
      const some = Number(row?.['gone'] ?? 0);
      gone += some;
      if (some < PRUNED_AT_ONCE) return gone;
    }
  }

  async #page<T>(query: string, wanted: Properties, first: number, after: string | null): Promise<KeptPage<T>> {
    const before = after === null ? Number.MAX_SAFE_INTEGER : Number(after);
    const rows = await this.#read(query, { ...wanted, before, first: first + 1 });
    const shown = rows.slice(0, first);
    return { items: shown.map(bodyOf<T>), next: rows.length > first ? String(shown.at(-1)?.['n'] ?? '') : null };
  }

  #read(query: string, parameters: Properties): Promise<readonly Properties[]> {
    return this.#database.read((statements) => statements.run(query, parameters));
  }
}

/** @throws NewerNeo4jSchema */
async function prepare(database: Neo4jDatabase): Promise<void> {
  const [held] = await database.read((statements) => statements.run(cypher.READ_VERSION));
  const found = held === undefined ? 0 : Number(held['schema']);
  if (found > NEO4J_DECISIONS) throw newer(found);
  if (found === NEO4J_DECISIONS) return;
  await makeSchema(database, cypher.SCHEMA);
  const [set] = await database.write((statements) => statements.run(cypher.SET_VERSION, { schema: NEO4J_DECISIONS }));
  const now = Number(set?.['schema']);
  if (now > NEO4J_DECISIONS) throw newer(now);
}

const newer = (found: number): NewerNeo4jSchema =>
  new NewerNeo4jSchema(found, NEO4J_DECISIONS, 'what was decided, in Neo4j,');

function inOrder<T>(ids: readonly string[], rows: readonly Properties[]): readonly T[] {
  const found = new Map(rows.map((row) => [row['id'], row]));
  return ids.flatMap((id) => {
    const row = found.get(id);
    return row === undefined ? [] : [bodyOf<T>(row)];
  });
}
