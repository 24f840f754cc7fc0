import { describe, expect, it } from 'vitest';
import type { SchemaField } from './read-model.ts';
import { schemaDiff } from './schema-diff.ts';
import { compareTypes } from './type-width.ts';

const field = (name: string, type: string | null = 'int', fields: readonly SchemaField[] = []): SchemaField => ({
  name,
  type,
  description: null,
  fields,
});

const brief = (before: readonly SchemaField[] | null, after: readonly SchemaField[]): string[] =>
  schemaDiff(before, after).map(({ kind, field: name, breaking }) => `${kind} ${name}${breaking ? ' !' : ''}`);

describe('schema diff', () => {
  it('finds nothing in the first schema, in an equal one and in a new description', () => {
    expect(brief(null, [field('a')])).toEqual([]);
    expect(brief([field('a')], [field('a')])).toEqual([]);
    expect(brief([field('a')], [{ ...field('a'), description: 'new' }])).toEqual([]);
  });

  it('says the drawing of its head', () => {
    expect(
      brief(
        [field('id', 'int'), field('name', 'varchar(50)'), field('address', 'struct', [field('zip', 'int')])],
        [field('id', 'bigint'), field('email', 'text'), field('address', 'struct', [field('zip', 'text')])],
      ),
    ).toEqual(['TYPE_WIDENED id', 'ADDED email', 'TYPE_CHANGED address.zip !', 'REMOVED name !']);
  });

  it('says a member of a struct once, though the type text of the struct changes with it', () => {
    expect(
      brief(
        [field('s', 'struct<a:int>', [field('a', 'int')])],
        [field('s', 'struct<a:int,b:int>', [field('a', 'int'), field('b', 'int')])],
      ),
    ).toEqual(['ADDED s.b']);
    expect(brief([field('s', 'array<int>', [field('a')])], [field('s', 'struct<a:int>', [field('a')])])).toEqual([
      'TYPE_CHANGED s !',
    ]);
  });

  it('names the fewest fields that moved', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => field(name)) as [
      SchemaField,
      SchemaField,
      SchemaField,
      SchemaField,
    ];
    expect(brief([a, b, c, d], [d, a, b, c])).toEqual(['REORDERED d']);
    expect(brief([a, b, c, d], [b, a, d, c])).toHaveLength(2);
    expect(brief([a, b, c], [a, d, b, c])).toEqual(['ADDED d']);
    expect(brief([a, b, c], [a, c])).toEqual(['REMOVED b !']);
    expect(schemaDiff([a, b], [b, a])[0]).toMatchObject({ kind: 'REORDERED', breaking: false });
  });

  it('breaks nothing when a type becomes known', () => {
    expect(brief([field('a', null)], [field('a', 'int')])).toEqual(['TYPE_CHANGED a']);
    expect(brief([field('a', 'int')], [field('a', null)])).toEqual(['TYPE_CHANGED a']);
  });

  it.each([
    ['int', 'INTEGER', 'same'],
    ['int(11)', 'int', 'same'],
    ['bigint', 'long', 'same'],
    ['smallint', 'bigint', 'wider'],
    ['bigint', 'int', 'narrower'],
    ['float', 'double precision', 'wider'],
    ['varchar(20)', 'varchar(50)', 'wider'],
    ['varchar (50)', 'character varying(20)', 'narrower'],
    ['varchar(50)', 'text', 'wider'],
    ['text', 'string', 'same'],
    ['decimal(10,2)', 'numeric(12,2)', 'wider'],
    ['decimal(10,2)', 'decimal(10,4)', 'narrower'],
    ['decimal', 'decimal(10,2)', 'other'],
    ['int', 'text', 'other'],
    ['int8', 'bigint', 'other'],
    ['date', 'timestamp', 'other'],
    ['constructor', 'int', 'other'],
  ])('compares %s with %s: %s', (before, after, expected) => {
    expect(compareTypes(before, after)).toBe(expected);
  });
});
