/** Constraints and indexes of the graph in Neo4j, made and upgraded when a process starts. */
import type { Neo4jDatabase } from './neo4j-database.ts';
import { AWAIT_INDEXES, CONSTRAINTS, INDEXES, READ_SCHEMA, SET_SCHEMA } from './queries/schema-queries.ts';

/** Raised by one with each change of what is stored; each step up gets a query of its own here. */
export const NEO4J_SCHEMA = 1;

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

/** Constraints and indexes, each of which may be made twice, by several processes at once. */
export async function makeSchema(database: Neo4jDatabase, schema: readonly string[]): Promise<void> {
  for (const each of schema) await untilItPasses(() => database.run(each));
  await database.run(AWAIT_INDEXES);
}

const TRIES = 20;

/**
 * Processes that make one constraint at the same time may deadlock, or one finds that the other's isn't complete yet.
 * A schema change is no transaction that the driver tries again.
 */
async function untilItPasses(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const passing = code.startsWith('Neo.TransientError') || /ConstraintCreationFailed|SchemaRule/.test(code);
      if (!passing || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}
