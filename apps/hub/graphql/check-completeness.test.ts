import { buildSchema } from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import { checkCompleteness } from './check-completeness.ts';
import { loadSchema } from './load-schema.ts';
import { objectFields } from './object-fields.ts';
import { type Declarations, declarations } from './resolvers/declarations.ts';

const check = (sdl: string, objects: Declarations['objects']): string => {
  try {
    checkCompleteness(buildSchema(sdl), { objects, abstract: {}, scalars: {} });
    return 'complete';
  } catch (error) {
    return String(error);
  }
};

describe('completeness of the resolvers', () => {
  it('holds for the schema as it is', () => {
    expect(() => checkCompleteness(buildSchema(loadSchema()), declarations)).not.toThrow();
  });

  it('fails at a field that someone adds to the schema, and names the fix', () => {
    expect(() =>
      checkCompleteness(buildSchema(`${loadSchema()} extend type Job { cost: Float }`), declarations),
    ).toThrow(
      /Job\.cost has no resolver: add one, or name it as plain, in the declaration of Job in apps\/hub\/graphql\/resolvers/,
    );
  });

  it('names whatever else does not match', () => {
    const query = objectFields<{ a: string }>(['a']);
    expect(check('type Query { a: String }', { Query: query })).toBe('complete');
    expect(check('type Query { a: String }', {})).toMatch(/Query is not declared: add it to `objects`/);
    expect(check('type Query { b: String }', { Query: query })).toMatch(
      /Query\.b has no resolver.*\n.*Query\.a is not in/,
    );
    expect(check('type Query { a: String }', { Query: { ...query, resolve: { a: () => 1 } } })).toMatch(
      /plain and has/,
    );
    expect(check('type Query { a: String } scalar X', { Query: query })).toMatch(
      /X is not declared: add it to `scalars`/,
    );
    expect(check('type Query { a: U } union U = Query', { Query: query })).toMatch(/U is not declared.*`abstract`/);
    expect(
      check('type Query { a: String } type Subscription { s: Int }', {
        Query: query,
        Subscription: { plain: [], resolve: { s: () => 1 }, subscribe: {} },
      }),
    ).toMatch(/Subscription\.s has no subscribe/);
    expect(check('type Query { a: String }', { Query: query, Gone: query })).toMatch(/Gone is declared/);
  });
});
