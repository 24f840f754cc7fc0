import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AssetName, Direction } from './delta.ts';
import {
  assetId,
  columnEdgeId,
  edgeId,
  fieldId,
  parseColumnEdgeId,
  parseEdgeId,
  parseNodeId,
  runNodeId,
} from './ids.ts';

describe('ids as they are written', () => {
  test('assets, fields, runs', () => {
    const name = { namespace: 'postgres://db:5432', name: 'shop.orders' };
    expect(assetId({ kind: 'dataset', ...name })).toBe('dataset:postgres://db:5432:shop.orders');
    expect(assetId({ kind: 'job', namespace: 'airflow', name: 'etl' })).toBe('job:airflow:etl');
    expect(fieldId(name, 'amount')).toBe('datasetField:postgres://db:5432:shop.orders:amount');
    expect(runNodeId('018cc251-f400-7662-b080-b72299e0a86b')).toBe('run:018cc251-f400-7662-b080-b72299e0a86b');
  });

  test('edges', () => {
    const from = { kind: 'dataset', namespace: 'kafka://b:9092', name: '100%' } as const;
    const to = { kind: 'job', namespace: 'airflow', name: 'etl' } as const;
    expect(edgeId('READS', from, to)).toBe('edge:READS:dataset:kafka%3A//b%3A9092:100%25:job:airflow:etl');
  });
});

describe('the likeliest meaning of an id', () => {
  test.each([
    ['dataset:postgres://db:5432:shop.orders', 'postgres://db:5432', 'shop.orders'],
    ['dataset:hive://metastore:shop.orders', 'hive://metastore', 'shop.orders'],
    ['dataset:mysql://h1:3306,h2:3307:shop.orders', 'mysql://h1:3306,h2:3307', 'shop.orders'],
    ['dataset:cassandra://[::1]:9042:shop.orders', 'cassandra://[::1]:9042', 'shop.orders'],
    ['dataset:mssql://db/inst:shop.dbo.orders', 'mssql://db/inst', 'shop.dbo.orders'],
    ['dataset:s3://lake/warehouse:default.orders', 's3://lake/warehouse', 'default.orders'],
    ['dataset:hdfs://nn:8020/warehouse:default.orders', 'hdfs://nn:8020/warehouse', 'default.orders'],
    ['dataset:kafka://null:-1:orders', 'kafka://null:-1', 'orders'],
    ['dataset:arn:aws:glue:us-east-1:123:table/shop/orders', 'arn:aws:glue:us-east-1:123', 'table/shop/orders'],
    ['dataset:pubsub:topic:project:orders', 'pubsub', 'topic:project:orders'],
    ['dataset:file:/raw/orders', 'file', '/raw/orders'],
    ['dataset:postgres%3A%2F%2Fdb%3A5432:shop.orders', 'postgres://db:5432', 'shop.orders'],
    ['dataset:s3%3A%2F%2Flake:raw%2Forders', 's3://lake', 'raw/orders'],
  ])('%s', (id, namespace, name) => {
    expect(parseNodeId(id)[0]).toEqual({ kind: 'dataset', namespace, name });
  });

  test('fields and runs', () => {
    expect(parseNodeId('datasetField:postgres://db:5432:shop.orders:amount')[0]).toEqual({
      kind: 'datasetField',
      namespace: 'postgres://db:5432',
      name: 'shop.orders',
      field: 'amount',
    });
    expect(parseNodeId('run:r1')).toEqual([{ kind: 'run', runId: 'r1' }]);
    expect(parseNodeId('run:018CC251-F400-7662-B080-B72299E0A86B')).toEqual([
      { kind: 'run', runId: '018cc251-f400-7662-b080-b72299e0a86b' },
    ]);
  });

  test('any spelling leads to the canonical name', () => {
    const canonical = { namespace: 'postgres://db:5432', name: 'shop.public.orders' };
    expect(parseNodeId('dataset:postgresql://DB:shop.public.orders')).toContainEqual({ kind: 'dataset', ...canonical });
    expect(parseNodeId('datasetField:postgresql://DB:shop.public.orders:id')).toContainEqual({
      kind: 'datasetField',
      ...canonical,
      field: 'id',
    });
    expect(parseNodeId('datasetField:snowflake://ACME-EU:shop.public.orders:id')).toContainEqual({
      kind: 'datasetField',
      namespace: 'snowflake://acme-eu',
      name: 'SHOP.PUBLIC.ORDERS',
      field: 'ID',
    });
    // What is canonical already is offered once.
    expect(parseNodeId('job:airflow:etl')).toEqual([{ kind: 'job', namespace: 'airflow', name: 'etl' }]);
  });

  test('a name that looks encoded is also offered as it stands', () => {
    const names = parseNodeId('dataset:s3://lake:day=1%2F2').map((ref) => ('name' in ref ? ref.name : ''));
    expect(names).toContain('day=1/2');
    expect(names).toContain('day=1%2F2');
    expect(parseNodeId('job:airflow:100%')).toEqual([{ kind: 'job', namespace: 'airflow', name: '100%' }]);
  });

  test.each(['', 'dataset', 'dataset:', 'dataset:x', 'dataset:x:', 'dataset::x', 'run:', 'table:a:b', 'edge:READS'])(
    '%s is none',
    (id) => {
      expect(parseNodeId(id)).toEqual([]);
    },
  );

  test('a hostile id costs little', () => {
    expect(parseNodeId(`datasetField:${'a:'.repeat(100_000)}`).length).toBeLessThanOrEqual(128);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(fc.constantFrom(':', '%', '%3A', '%25', 'a', '/', 'postgres://db:5432'), { maxLength: 5 })
    .map((parts) => parts.join('')),
);
const part = text.filter((value) => value !== '' && !/^:|:$/.test(value));
// A lone surrogate has no percent-encoding; the door lets none in.
const encoded8 = (value: string): string =>
  value.replace(/[^\ud800-\udfff]+|[\ud800-\udbff][\udc00-\udfff]/g, encodeURIComponent);
const asset: fc.Arbitrary<AssetName> = fc.record({
  kind: fc.constantFrom('dataset' as const, 'job' as const),
  namespace: text,
  name: text,
});
const kind = fc.constantFrom<Direction>(
  'READS',
  'WRITES',
  'MAY_READ',
  'MAY_WRITE',
  'TRIGGERS',
  'PARENT',
  'FEEDS',
  'PAIRS',
);

test('what an id was made of is among what it may mean', () => {
  fc.assert(
    fc.property(part, part, part, (namespace, name, field) => {
      fc.pre(`${namespace}${name}${field}`.split(':').length < 8 && !`${namespace}${name}${field}`.includes('%'));
      expect(parseNodeId(assetId({ kind: 'dataset', namespace, name }))).toContainEqual({
        kind: 'dataset',
        namespace,
        name,
      });
      const encoded = `dataset:${encoded8(namespace)}:${encoded8(name)}`;
      expect(parseNodeId(encoded)[0]).toEqual({ kind: 'dataset', namespace, name });
      const ref = { kind: 'datasetField', namespace, name, field };
      expect(parseNodeId(fieldId({ namespace, name }, field))).toContainEqual(ref);
    }),
  );
});

test('edges read back exactly', () => {
  fc.assert(
    fc.property(kind, asset, asset, (direction, from, to) => {
      expect(parseEdgeId(edgeId(direction, from, to))).toEqual({ kind: direction, from, to });
    }),
  );
  const name = fc.record({ namespace: text, name: text });
  const column = fc.record({
    owner: fc.option(asset),
    from: name,
    fromField: text,
    to: name,
    toField: text,
    type: text,
    subtype: text,
  });
  fc.assert(
    fc.property(column, (key) => {
      expect(parseColumnEdgeId(columnEdgeId(key))).toEqual(key);
    }),
  );
});

test.each([
  '',
  'edge',
  'edge:READS:dataset:a:b:job:c',
  'edge:READS:dataset:a:b:job:c:d:e',
  'edge:EATS:dataset:a:b:job:c:d',
  'edge:READS:run:a:b:job:c:d',
  'edge:toString:dataset:a:b:job:c:d',
])('%s is no edge', (id) => {
  expect(parseEdgeId(id)).toBeNull();
  expect(parseColumnEdgeId(id)).toBeNull();
});
