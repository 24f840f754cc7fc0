import fc from 'fast-check';
import { expect, test } from 'vitest';
import { datasetFromLocation, datasetFromLocationAndName } from './dataset-from-location.ts';

test.each([
  ['s3n://lake', 's3://lake', '/'],
  ['s3://KEY:se@lake/raw', 's3://lake', 'raw'],
  ['s3://lake/day=2024%2F01/a b', 's3://lake', 'day=2024/01/a b'],
  ['s3://lake/100%/x', 's3://lake', '100%/x'],
  ['abfss://c:secret@a.dfs.core.windows.net/w/x/', 'abfss://c@a.dfs.core.windows.net', 'w/x'],
  ['wasb://c@a/w', 'wasbs://c@a', 'w'],
  ['gs://lake/w/?generation=1', 'gs://lake', 'w'],
  ['hdfs://nn:8020/raw/', 'hdfs://nn:8020', '/raw'],
  ['hdfs:/raw', 'hdfs', '/raw'],
  ['dbfs:/raw', 'dbfs', '/raw'],
  ['file:///', 'file', '/'],
  ['', 'file', '/'],
  ['C:/data/x', 'file', 'C:/data/x'],
  ['ftp://fred:secret@host/x', 'ftp://host', '/x'],
])('%s', (uri, namespace, name) => {
  expect(datasetFromLocation(uri)).toEqual({ namespace, name });
});

test.each([
  ['s3a://lake/wh/', 's3://lake/wh'],
  ['abfs://c@a/wh', 'abfss://c@a/wh'],
  ['file://host/wh', 'file://host/wh'],
  ['file:///', 'file'],
  ['/', 'file'],
  ['dbfs:///', 'dbfs'],
  ['hdfs://nn:8020/wh/', 'hdfs://nn:8020/wh'],
])('%s, default.orders', (uri, namespace) => {
  expect(datasetFromLocationAndName(uri, 'default.orders')).toEqual({ namespace, name: 'default.orders' });
  expect(datasetFromLocation(uri, 'default.orders')).toEqual({ namespace, name: 'default.orders' });
});

test('no text is too odd', () => {
  const part = fc.constantFrom('s3', 'file', ':', '/', '//', '@', '?', '#', '%', '%41', 'a', ' ', ',', '[', '\ud800');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const { name } = datasetFromLocation(parts.join(''));
      expect(name).not.toBe('');
      datasetFromLocationAndName(parts.join(''), parts.join(''));
    }),
  );
});
