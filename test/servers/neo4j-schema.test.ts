import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decisionQueries, Neo4jDecisionStore } from '#decisions';
import {
  askedQueries,
  asSent,
  assetQueries,
  commitQueries,
  exportQueries,
  graphQueries,
  marquezQueries,
  NEO4J_SCHEMA,
  Neo4jDatabase,
  NewerNeo4jSchema,
  prepareNeo4jSchema,
  ReadableGraph,
  runQueries,
  schemaQueries,
  searchQueries,
  servedQueries,
  walkQueries,
} from '#graph';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const uri = NEO4J_URI;

describe('the schema in Neo4j', () => {
  let database: Neo4jDatabase;
  beforeEach(async () => {
    await emptyNeo4j({ constraints: true });
    database = await Neo4jDatabase.connect({ uri });
  });
  afterEach(() => database.close());

  it('has no index left that stands in the way of a constraint', async () => {
    // What a constraint that was given up halfway leaves: its index, with nobody's name on it.
    await database.run('DROP INDEX headwater_asset IF EXISTS');
    await database.run('CREATE INDEX headwater_asset FOR (n:Asset) ON (n.id)');
    await prepareNeo4jSchema(database);
    expect(
      await database.run(
        "SHOW INDEXES YIELD name, owningConstraint WHERE name = 'headwater_asset' RETURN owningConstraint",
      ),
    ).toEqual([{ owningConstraint: 'headwater_asset' }]);
  });

  it('that is newer is refused, and left as it is', async () => {
    await prepareNeo4jSchema(database, NEO4J_SCHEMA + 1);
    await expect(ReadableGraph.open({ uri })).rejects.toThrow(NewerNeo4jSchema);
    await expect(ReadableGraph.open({ uri })).rejects.toThrow(
      `has schema ${NEO4J_SCHEMA + 1}, and this version knows ${NEO4J_SCHEMA} at most: start`,
    );
    expect(await database.run(schemaQueries.READ_SCHEMA)).toEqual([{ schema: NEO4J_SCHEMA + 1 }]);
  });

  it('that is older is raised, and the graph kept', async () => {
    await prepareNeo4jSchema(database, NEO4J_SCHEMA);
    await database.run("MATCH (g:HeadwaterGraph {name: 'graph'}) SET g.schema = 0, g.applied = 7");
    const graph = await ReadableGraph.open({ uri });
    expect((await graph.position()).applied).toBe(7);
    expect(await graph.saidAfter()).toBe(7);
    expect(await database.run(schemaQueries.READ_SCHEMA)).toEqual([{ schema: NEO4J_SCHEMA }]);
    await graph.close();
  });
});

/** All that runs for each commit or each read. An export, and what looks at a whole graph, scans. */
const HOT: Readonly<Record<string, string>> = Object.fromEntries([
  ...[commitQueries, graphQueries, servedQueries].flatMap((queries) => named('', queries)).map(sent),
  ...named('', askedQueries),
  ...named('', assetQueries),
  ...named('', runQueries),
  ...named('marquez.', marquezQueries),
  ...named('', searchQueries),
  ...named('', walkQueries),
  ['READ_SCHEMA', schemaQueries.READ_SCHEMA],
  ['SET_SCHEMA', schemaQueries.SET_SCHEMA],
  ...named('decisions.', decisionQueries).filter(([name]) => !name.startsWith('decisions.SCHEMA.')),
]);

function named(prefix: string, queries: object): [string, string][] {
  return Object.entries(queries).flatMap(([name, query]: [string, unknown]): [string, string][] =>
    typeof query === 'string'
      ? [[prefix + name, query]]
      : typeof query === 'object' && query !== null
        ? named(`${prefix}${name}.`, query)
        : [],
  );
}

function sent([name, query]: [string, string]): [string, string] {
  return [name, asSent(query).cypher];
}

/** Where a plan has an Eager, and why it must: it holds the rows of one commit at most, never those of the graph. */
const EAGER: readonly (readonly [RegExp, string])[] = [
  [/^DELETE_|^HIDE_|^UNLINK_/, 'all that goes is found before the first of it is gone'],
  [/^UPSERT_COLUMN_EDGES$/, 'fields are merged before the edges between them, and both ends are of one label'],
  [/^UPSERT_EDGES/, 'both ends are found before the first edge is made'],
  [
    /^(ENTER_COMMIT|HOLD_COMMITS|SHOW_COMMITS|SET_SCHEMA|TAKE_LOG|TAKE_TURN|END_TURN|ANSWER_STEP|TAKE_BACK)$/,
    'one row: the lock is taken before the property is read',
  ],
  [/^decisions\.(SET_VERSION|ENTER_COMMIT|TAKE_TURN)$/, 'one row: the lock is taken before the property is read'],
  [
    /^decisions\.(DELETE_BREACHES|UNBOOK|ATTEMPTED|PROMOTE|DISABLE_WAITING|PRUNE_DECISIONS|PRUNE_INCIDENTS)$/,
    'what was found by a property is all found before the first of it changes',
  ],
];

const PLANS = join(import.meta.dirname, 'neo4j-plans.json');

describe('the plan of', () => {
  let database: Neo4jDatabase;
  const seen: Record<string, string> = {};
  const golden = JSON.parse(readFileSync(PLANS, 'utf8')) as Record<string, string>;
  beforeAll(async () => {
    // Plans are made for the graph that is there: an empty one.
    await emptyNeo4j();
    database = await Neo4jDatabase.connect({ uri });
    await prepareNeo4jSchema(database);
    await (await Neo4jDecisionStore.open({ neo4j: { uri } })).close();
  });
  afterAll(async () => {
    await database.close();
    if (process.env.UPDATE_PLANS === '1') writeFileSync(PLANS, `${JSON.stringify(seen, null, 2)}\n`);
  });

  it('queries on the way of an event are all looked at', () => {
    expect(Object.keys(HOT).length).toBeGreaterThan(30);
    expect(Object.keys(golden).sort()).toEqual(Object.keys(HOT).sort());
  });

  it.each(Object.entries(HOT))('%s scans nothing, and is as it was', async (name, query) => {
    const operators = await database.operators(query);
    seen[name] = operators.join(' < ');
    const scans = /AllNodesScan|CartesianProduct|NodeByLabelScan|RelationshipTypeScan|AllRelationshipsScan/;
    expect(operators.filter((operator) => scans.test(operator))).toEqual([]);
    if (operators.includes('Eager')) expect(EAGER.filter(([pattern]) => pattern.test(name))).toHaveLength(1);
    expect(operators.join(' < ')).toBe(golden[name]);
  });

  it('sees a scan where there is one', async () => {
    expect(await database.operators(exportQueries.EXPORT_RUNS)).toContain('NodeByLabelScan');
  });
});
