import { describe, expect, it } from 'vitest';
import type { SchemaField } from './read-model.ts';
import { schemaDiff } from './schema-diff.ts';
import { type ColumnFlow, schemaImpact } from './schema-impact.ts';
import { type FieldFeed, renamesByLineage } from './schema-renames.ts';

const field = (name: string, type: string | null = 'int', fields: readonly SchemaField[] = []): SchemaField => ({
  name,
  type,
  description: null,
  fields,
});

const ORDERS = 'dataset:db:orders';
const fieldOf = (dataset: string, path: string): string => `datasetField:db:${dataset}:${path}`;
const flow = (from: string, to: string, job: string): ColumnFlow => ({ from, to, job });

const COLUMNS = [
  flow(fieldOf('orders', 'email'), fieldOf('mails', 'to'), 'job:etl:mails'),
  flow(fieldOf('mails', 'to'), fieldOf('report', 'who'), 'job:etl:report'),
  flow(fieldOf('report', 'who'), fieldOf('mails', 'to'), 'job:etl:mails'), // a circle
  flow(fieldOf('orders', 'id'), fieldOf('counts', 'n'), 'job:etl:counts'),
  flow(fieldOf('orders', 'address'), fieldOf('labels', 'text'), 'job:etl:labels'),
];

function impact(before: readonly SchemaField[], after: readonly SchemaField[], readers: readonly string[] = []) {
  const all = ['job:etl:mails', 'job:etl:counts', 'job:etl:labels', ...readers];
  return schemaImpact({
    dataset: ORDERS,
    fieldId: (path) => fieldOf('orders', path),
    changes: schemaDiff(before, after),
    readers: all,
    columns: COLUMNS,
    cut: false,
    owners: (node) => (node === 'job:etl:mails' ? [{ name: 'team:crm', type: 'MAINTAINER' }] : []),
  });
}

const FIELDS = [
  field('id'),
  field('email', 'text'),
  field('note', 'text'),
  field('address', 'struct', [field('zip', 'int')]),
];
const without = (name: string): SchemaField[] => FIELDS.filter((one) => one.name !== name);

describe('schemaImpact', () => {
  it('hits who reads the field, with owners, and all that comes of it', () => {
    const { breaking, fields, hit } = impact(FIELDS, without('email'));
    expect({ breaking, hit }).toEqual({ breaking: true, hit: ['job:etl:mails'] });
    expect(fields[0]).toMatchObject({
      breaking: true,
      readers: [{ job: 'job:etl:mails', how: 'READS_FIELD', owners: [{ name: 'team:crm', type: 'MAINTAINER' }] }],
      reached: [fieldOf('mails', 'to'), fieldOf('report', 'who')],
      text: 'email: the field is gone; 1 job reads it.',
    });
  });

  it('says of a field that nobody reads that nobody reads it', () => {
    const { breaking, fields, hit } = impact(FIELDS, without('note'));
    expect({ breaking, hit, text: fields[0]?.text }).toEqual({
      breaking: false,
      hit: [],
      text: 'note: the field is gone; nobody is known to read it.',
    });
  });

  it('hits a reader whose columns nobody knows', () => {
    const { breaking, fields, hit } = impact(FIELDS, without('note'), ['job:etl:exports']);
    expect({ breaking, hit }).toEqual({ breaking: true, hit: ['job:etl:exports'] });
    expect(fields[0]?.readers[0]?.how).toBe('MAY_READ_FIELD');
    expect(fields[0]?.text).toBe('note: the field is gone; 1 job may read it: which columns is unknown.');
  });

  it('hits who reads the struct of a member', () => {
    const after = [...without('address'), field('address', 'struct', [field('zip', 'text')])];
    expect(impact(FIELDS, after).hit).toEqual(['job:etl:labels']);
  });

  it('breaks nothing by what is wider, new or elsewhere', () => {
    const after = [field('email', 'text'), field('id', 'bigint'), field('new'), ...FIELDS.slice(2)];
    expect(impact(FIELDS, after, ['job:etl:exports'])).toMatchObject({ breaking: false, hit: [] });
  });
});

describe('nullability', () => {
  const kinds = (before: string, after: string): string[] =>
    schemaDiff([field('a', before)], [field('a', after)]).map(
      ({ kind, before: was, after: is, breaking }) => `${kind} ${was}→${is}${breaking ? ' !' : ''}`,
    );

  it.each([
    ['INT NOT NULL', 'INT', ['NULLABILITY NOT NULL→NULL !']],
    ['INT', 'INT NOT NULL', ['NULLABILITY NULL→NOT NULL']],
    ['Int32', 'Nullable(Int32)', ['NULLABILITY NOT NULL→NULL !']],
    ['int null', 'bigint not null', ['TYPE_WIDENED int→bigint', 'NULLABILITY NULL→NOT NULL']],
    ['varchar(20) NOT NULL', 'varchar(10) NOT NULL', ['TYPE_NARROWED varchar(20)→varchar(10) !']],
    ['INT NOT NULL', 'int  not null', []],
  ])('%s → %s', (before, after, expected) => {
    expect(kinds(before, after)).toEqual(expected);
  });
});

describe('renames', () => {
  const feed = (to: string, from: string, type = 'DIRECT'): FieldFeed => ({
    field: to,
    from,
    job: 'job:etl:load',
    type,
    subtype: 'IDENTITY',
  });

  it('are seen where what fed the old name feeds the new one', () => {
    const renames = renamesByLineage(['email'], ['mail'], [feed('email', 'src.mail')], [feed('mail', 'src.mail')]);
    expect(
      schemaDiff([field('id'), field('email', 'text')], [field('id'), field('mail', 'varchar(20)')], renames),
    ).toEqual([
      {
        kind: 'RENAMED',
        field: 'email',
        before: 'email',
        after: 'mail',
        breaking: true,
        reason: 'the field is called mail now, as its column lineage shows',
      },
      expect.objectContaining({ kind: 'TYPE_NARROWED', field: 'mail' }),
    ]);
  });

  it('are not guessed: by nothing, by a filter, or where two are fed alike', () => {
    expect(renamesByLineage(['a'], ['b'], [], [])).toEqual(new Map());
    const filter = renamesByLineage(['a'], ['b'], [feed('a', 's', 'INDIRECT')], [feed('b', 's', 'INDIRECT')]);
    expect(filter).toEqual(new Map());
    const twins = renamesByLineage(['a'], ['b', 'c'], [feed('a', 's')], [feed('b', 's'), feed('c', 's')]);
    expect(twins).toEqual(new Map());
    expect(renamesByLineage(['a'], ['b'], [feed('a', 's')], [feed('b', 's'), feed('b', 'r')])).toEqual(new Map());
  });
});
