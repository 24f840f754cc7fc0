import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceOf } from './source-of.ts';

// Every producer of the corpus and of the recorded runs, and the shapes that clients of other houses write.
test.each([
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/flink',
    'https://github.com/OpenLineage/OpenLineage/integration/flink',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.52.0/integration/flink',
    'https://github.com/OpenLineage/OpenLineage/integration/flink',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.52.0/integration/hive',
    'https://github.com/OpenLineage/OpenLineage/integration/hive',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.54.0/integration/dbt',
    'https://github.com/OpenLineage/OpenLineage/integration/dbt',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.34.0/integration/dbt',
    'https://github.com/OpenLineage/OpenLineage/integration/dbt',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/0.0.1/integration/dbt',
    'https://github.com/OpenLineage/OpenLineage/integration/dbt',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/0.0.1/client/python',
    'https://github.com/OpenLineage/OpenLineage/client/python',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.19.0-SNAPSHOT/integration/spark',
    'https://github.com/OpenLineage/OpenLineage/integration/spark',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.19.0/integration/spark',
    'https://github.com/OpenLineage/OpenLineage/integration/spark',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/1.23.0/integration/spark',
    'https://github.com/OpenLineage/OpenLineage/integration/spark',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/tree/0.30.0/integration/airflow',
    'https://github.com/OpenLineage/OpenLineage/integration/airflow',
  ],
  [
    'https://github.com/OpenLineage/OpenLineage/blob/v1-0-0/client',
    'https://github.com/OpenLineage/OpenLineage/client',
  ],
  [
    'https://github.com/apache/airflow/tree/providers-openlineage/2.20.3',
    'https://github.com/apache/airflow/providers-openlineage',
  ],
  [
    'https://github.com/MarquezProject/marquez/blob/main/docker/metadata.json',
    'https://github.com/MarquezProject/marquez/docker/metadata.json',
  ],
  ['producer', 'producer'],
  ['https://github.com/o/r/tree/4c1b2e0f9a8d7c6b5a4938271605f4e3d2c1b0a9/client', 'https://github.com/o/r/client'],
  ['https://github.com/o/r/tree/some-branch/client', 'https://github.com/o/r/client'],
  ['https://gitlab.com/group/r/-/tree/2.0.0rc1/client', 'https://gitlab.com/group/r/client'],
  ['https://github.com/debezium/debezium/3.0.0.Final', 'https://github.com/debezium/debezium'],
  ['my-client/1.2.0', 'my-client'],
  ['my-client@1.2.0-beta.2', 'my-client'],
  ['@scope/client@1.2.0', '@scope/client'],
  ['openlineage-spark-1.2.3', 'openlineage-spark'],
  ['https://10.0.0.1/collector/v2', 'https://10.0.0.1/collector'],
  ['https://10.0.0.1', 'https://10.0.0.1'],
  ['https://example.com/collector?version=1.2.3', 'https://example.com/collector'],
  ['https://example.com/collector?instance=eu', 'https://example.com/collector?instance=eu'],
  ['1.2.3', '1.2.3'],
  ['', ''],
])('%s', (producer, source) => {
  expect(sourceOf(producer)).toBe(source);
});

test('two versions of one producer are one source; a source is its own', () => {
  const segment = fc.constantFrom(
    'tree',
    'blob',
    '-',
    'main',
    '1.2.3',
    'v2',
    'a',
    'client-1.0.0',
    '@',
    '',
    'providers',
    '?v=1.2',
    '#x',
  );
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 9 }), fc.string(), (segments, noise) => {
      for (const producer of [segments.join('/'), `https://github.com/${segments.join('/')}`, noise]) {
        const source = sourceOf(producer);
        expect(sourceOf(source)).toBe(source);
      }
    }),
    { numRuns: 2_000 },
  );
  const version = fc.tuple(
    fc.nat(99),
    fc.nat(99),
    fc.nat(99),
    fc.constantFrom('', '-SNAPSHOT', 'rc1', '.dev0', '+abc'),
  );
  fc.assert(
    fc.property(version, ([major, minor, patch, stage]) => {
      const at = (v: string) => `https://github.com/o/r/tree/${v}/integration/spark`;
      expect(sourceOf(at(`${major}.${minor}.${patch}${stage}`))).toBe('https://github.com/o/r/integration/spark');
    }),
  );
});
