/** Constraints and indexes of the graph in Neo4j, made and upgraded when a process starts. */
import type { Neo4jDatabase } from './neo4j-database.ts';
import {
  AWAIT_INDEX,
  CONSTRAINTS,
  HOLD_LOCK,
  INDEXES,
  MAKE_LOCK,
  READ_SCHEMA,
  SET_SCHEMA,
  SHOW_INDEXES,
} from './queries/schema-queries.ts';

/** Raised by one with each change of what is stored; each step up gets a query of its own here. */
export const NEO4J_SCHEMA = 4;

/** A newer program made the graph: this one could only harm it. */
export class NewerNeo4jSchema extends Error {
  override readonly name = 'NewerSchema';

  constructor(found: number, known: number = NEO4J_SCHEMA, what = 'the graph in Neo4j') {
    super(
      `${what} has schema ${found}, and this version knows ${known} at most: start the version that made it, or a newer one`,
    );
  }
}

/**
 * Brings the database to the schema of this version, whichever of many processes comes first. All that it does may be
 * done twice: each constraint is made if it isn't there, and the version is raised under the lock of its one node.
 * @throws NewerNeo4jSchema
 */
export async function prepareNeo4jSchema(database: Neo4jDatabase, schema: number = NEO4J_SCHEMA): Promise<void> {
  const [held] = await database.read((statements) => statements.run(READ_SCHEMA));
  const found = held === undefined ? 0 : Number(held['schema']);
  if (found > schema) throw new NewerNeo4jSchema(found);
  if (found === schema) return;
  await makeSchema(database, [...CONSTRAINTS, ...INDEXES]);
  const [set] = await database.write((statements) => statements.run(SET_SCHEMA, { schema }));
  const now = Number(set?.['schema']);
  if (now > schema) throw new NewerNeo4jSchema(now);
}

/**
 * Makes what is missing of constraints and indexes, by one process at a time: constraints that are made side by side
 * deadlock, and what was given up halfway leaves an index behind that never comes online and stands in the way of its
 * constraint (https://github.com/neo4j/neo4j/issues/13208). Such a one is dropped here, and its constraint made anew.
 */
export async function makeSchema(database: Neo4jDatabase, schema: readonly string[]): Promise<void> {
  await alone(database, async () => {
    const there = await indexesOf(database);
    for (const statement of schema) {
      const name = nameOf(statement);
      const index = there.get(name);
      const whole = index !== undefined && (index.ofConstraint || !statement.startsWith('CREATE CONSTRAINT'));
      if (whole) continue;
      if (index !== undefined) await database.run(`DROP INDEX ${name} IF EXISTS`);
      await untilItPasses(() => database.run(statement));
    }
    const names = new Set(schema.map(nameOf));
    for (const [name, { online }] of await indexesOf(database)) {
      if (names.has(name) && !online) await database.run(AWAIT_INDEX, { name });
    }
  });
}

/** @returns the names of all indexes, with those behind constraints */
async function indexesOf(
  database: Neo4jDatabase,
): Promise<ReadonlyMap<string, { ofConstraint: boolean; online: boolean }>> {
  const rows = await database.run(SHOW_INDEXES);
  return new Map(
    rows.map(({ name, state, owningConstraint }) => [
      String(name),
      { ofConstraint: owningConstraint !== null, online: state === 'ONLINE' },
    ]),
  );
}

function nameOf(statement: string): string {
  const name = /^CREATE (?:CONSTRAINT|(?:TEXT )?INDEX) (\w+)/.exec(statement)?.[1];
  if (name === undefined) throw new Error(`a statement of the schema gives no name to what it makes: ${statement}`);
  return name;
}

/**
 * While a transaction holds the node of the lock, others wait for it; it goes with the connection, so nobody's death keeps
 * it. Two processes that find no node make two, since no constraint is there yet: each then holds all nodes that it sees,
 * and whoever looked second sees both.
 */
async function alone(database: Neo4jDatabase, work: () => Promise<void>): Promise<void> {
  await database.write((statements) => statements.run(MAKE_LOCK));
  await database.write(async (statements) => {
    await statements.run(HOLD_LOCK);
    await work();
  });
}

const TRIES = 20;

/** Other programs change the schema too, and a change of it is no transaction that the driver tries again. */
async function untilItPasses(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!code.startsWith('Neo.TransientError') || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}
