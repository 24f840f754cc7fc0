import { describe, expect, it } from 'vitest';
import type { SchemaField } from '../read-model.ts';
import { checkContract, type ObservedDataset } from './check-contract.ts';
import type { DataContract } from './data-contract.ts';
import { readContract } from './read-contract.ts';

const at = Date.parse;
const NOW = at('2026-01-10T12:00:00Z');

const FILE = {
  version: '1.0.0',
  apiVersion: 'v3.1.0',
  kind: 'DataContract',
  id: 'payments',
  status: 'active',
  schema: [
    {
      name: 'tbl',
      physicalName: 'tbl_1',
      properties: [
        { name: 'id', logicalType: 'integer', required: true },
        { name: 'code', physicalType: 'varchar(2)' },
        { name: 'address', logicalType: 'object', properties: [{ name: 'zip', physicalType: 'int' }] },
      ],
      quality: [
        { metric: 'rowCount', mustBeGreaterThan: 1000000, type: 'library' },
        { metric: 'nullValues', mustBe: 0 },
      ],
    },
    { name: 'other', quality: [{ metric: 'rowCount', mustBeBetween: [1, 5] }] },
  ],
  slaProperties: [
    { property: 'latency', value: 4, unit: 'd', element: 'tbl_1.txn_ref_dt' },
    { property: 'frequency', value: 1, unit: 'd', element: 'tbl_1.txn_ref_dt' },
    { property: 'timeOfAvailability', value: '09:00-08:00', element: 'tbl_1.txn_ref_dt' },
    { property: 'retention', value: 3, unit: 'y' },
  ],
};

function contract(file: unknown): DataContract {
  const read = readContract(file);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.contract;
}

const field = (name: string, type: string | null, fields: readonly SchemaField[] = []): SchemaField => ({
  name,
  type,
  description: null,
  fields,
});

const GOOD: ObservedDataset = {
  schema: {
    fields: [
      field('ID', 'bigint not null'),
      field('code', 'character varying(2)'),
      field('address', 'struct', [field('zip', 'int')]),
    ],
    partial: false,
  },
  reach: { at: at('2026-01-10T00:00:00Z') },
  writtenAt: at('2026-01-10T01:00:00Z'),
  rows: { at: at('2026-01-10T01:00:00Z'), count: 1_000_001 },
};

const found = (observed: Partial<ObservedDataset>, object = 0): string[] => {
  const of = contract(FILE).objects[object];
  if (of === undefined) throw new Error('no such object');
  return checkContract(of, { ...GOOD, ...observed }, NOW).violations.map(
    ({ kind, path, reason }) => `${kind} ${path}: ${reason}`,
  );
};

describe('checkContract', () => {
  it('finds nothing where all is as promised, and says what it did not look at', () => {
    expect(found({})).toEqual([]);
    const [object] = contract(FILE).objects;
    expect(object?.unchecked).toEqual([
      { path: 'slaProperties[3]', reason: "retention can't be seen from outside" },
      { path: 'schema[0].quality[1]', reason: 'nullValues needs the data itself, which is not looked at' },
    ]);
  });

  it('finds fields that are gone, of another type, or may be null', () => {
    const fields = [
      field('id', 'text null'),
      field('code', 'varchar(20)'),
      field('address', 'struct', [field('city', 'text')]),
    ];
    expect(found({ schema: { fields, partial: false } })).toEqual([
      'FIELD_TYPE schema[0].properties[0].logicalType: id is text, which is no integer',
      'FIELD_NULLABLE schema[0].properties[0].required: id is text null: it may be null',
      'FIELD_TYPE schema[0].properties[1].physicalType: code is varchar(20), which is wider than varchar(2)',
      'FIELD_MISSING schema[0].properties[2].properties[0]: there is no field zip',
    ]);
  });

  it('blames nobody for what it can not know', () => {
    const unknown = { reach: { at: null, reason: 'nobody told' }, writtenAt: null, rows: null } as const;
    expect(found({ schema: { fields: [], partial: true }, ...unknown })).toEqual([]);
    expect(found({ schema: null, ...unknown })).toEqual([]);
  });

  it('finds data that is late, seldom or too little', () => {
    expect(
      found({
        reach: { at: at('2026-01-06T11:00:00Z') },
        writtenAt: at('2026-01-09T11:00:00Z'),
        rows: { at: at('2026-01-09T11:00:00Z'), count: 7 },
      }),
    ).toEqual([
      'FRESHNESS slaProperties[0]: It reaches 2026-01-06T11:00:00.000Z, 4 d 1 h ago: it has to be less than 4d old.',
      'FRESHNESS slaProperties[2]: It reaches 2026-01-06T11:00:00.000Z: at 2026-01-09T17:00:00.000Z it had to reach 2026-01-08T17:00:00.000Z (1d before).',
      'FREQUENCY slaProperties[1]: it was last written 2026-01-09T11:00:00.000Z, 25 h ago: promised is each 24 h',
      'ROW_COUNT schema[0].quality[0]: it had 7 rows at 2026-01-09T11:00:00.000Z: the row count must be greater than 1,000,000',
    ]);
  });

  it('holds each object to its own promises', () => {
    expect(found({ reach: { at: 0 }, rows: { at: NOW, count: 6 } }, 1)).toEqual([
      'ROW_COUNT schema[1].quality[0]: it had 6 rows at 2026-01-10T12:00:00.000Z: the row count must be between 1 and 5',
    ]);
  });
});

describe('readContract', () => {
  it.each([
    [[], ''],
    [{ ...FILE, kind: 'Other' }, 'kind'],
    [{ ...FILE, apiVersion: 'v2.2.2' }, 'apiVersion'],
    [{ ...FILE, id: undefined }, 'id'],
    [{ ...FILE, schema: [{ physicalName: 'nameless' }] }, 'schema[0]'],
  ])('says where a file is wrong (%#)', (file, path) => {
    const read = readContract(file);
    expect('faults' in read ? read.faults.map((fault) => fault.path) : 'was read').toEqual([path]);
  });
});
