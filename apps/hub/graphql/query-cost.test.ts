import { buildSchema, parse } from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import { loadSchema } from './load-schema.ts';
import { queryCost } from './query-cost.ts';

const schema = buildSchema(loadSchema());
const cost = (query: string, variables: Record<string, unknown> = {}): number =>
  queryCost(schema, parse(query), null, variables);

describe('query cost', () => {
  it('is the drawing of its head', () => {
    expect(cost('{ lineage(of: ["x"], limit: 500) { nodes { id name tags { key } } cut { at } } }')).toBe(
      1 + 500 * (1 + 2 + (1 + 10 * 1) + (1 + 1)),
    );
  });

  it('takes sizes from variables, their defaults and the schema', () => {
    const query = 'query($n: Int) { changes(first: $n) { nodes { id } } }';
    expect(cost(query, { n: 7 })).toBe(1 + 7 * 2);
    expect(cost(query)).toBe(1 + 50 * 2);
    expect(cost('query($n: Int = 3) { changes(first: $n) { nodes { id } } }')).toBe(1 + 3 * 2);
    expect(cost('{ changes { nodes { id } } }')).toBe(1 + 50 * 2);
  });

  it('multiplies lists inside lists', () => {
    const nested = (levels: number): string => (levels === 0 ? 'id' : `readers { reads { ${nested(levels - 1)} } }`);
    expect(cost(`{ dataset(namespace: "a", name: "b") { ${nested(4)} } }`)).toBeGreaterThan(10 ** 8);
  });

  it('counts what costs a call for each node higher', () => {
    expect(cost('{ dataset(namespace: "a", name: "b") { quality(first: 1) { at } } }')).toBe(1 + 50 + 1);
  });

  it('counts a fragment wherever it is spread, and is not slowed down by fragments in fragments', () => {
    const fragments = Array.from({ length: 40 }, (_, n) => `fragment F${n} on Job { ...F${n + 1} ...F${n + 1} }`).join(
      ' ',
    );
    expect(cost(`{ job(namespace: "a", name: "b") { ...F0 } } ${fragments} fragment F40 on Job { id }`)).toBe(
      1 + 2 ** 40,
    );
  });

  it('reads each type of a fragment by its own fields', () => {
    expect(
      cost('{ node(id: "x") { id ... on Job { runs(first: 5) { nodes { id } } } ... on Dataset { name } } }'),
    ).toBe(1 + 1 + (50 + 5 * 2) + 1);
  });

  it('takes the costliest operation, or the one asked for', () => {
    const document = parse('query A { status { role } } query B { changes(first: 100) { nodes { id } } }');
    expect(queryCost(schema, document, null, {})).toBe(1 + 100 * 2);
    expect(queryCost(schema, document, 'A', {})).toBe(2);
  });
});
