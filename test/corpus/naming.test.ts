import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { airflowRunId } from '../../libs/lineage/names/airflow-run-id.ts';
import { canonicalDataset } from '../../libs/lineage/names/canonical.ts';
import { datasetFromJdbcUrl } from '../../libs/lineage/names/dataset-from-jdbc-url.ts';
import { datasetFromLocation } from '../../libs/lineage/names/dataset-from-location.ts';

const corpus = join(process.env.HEADWATER_CORPUS ?? '../shared', 'corpus');

const vectors = <T>(file: string): readonly T[] => JSON.parse(readFileSync(join(corpus, file), 'utf8'));

interface JdbcVector {
  readonly jdbcUrl: string;
  readonly table: string;
  readonly propsExpr: string;
  readonly namespace: string;
  readonly name: string;
}

interface LocationVector {
  readonly fn: 'fromLocation' | 'fromLocationAndName';
  readonly uri: string;
  readonly arg: string | null;
  readonly namespace: string;
  readonly name: string;
}

interface AirflowVector {
  readonly kind: 'dag' | 'task';
  readonly namespace: string;
  readonly dag_id: string;
  readonly task_id?: string;
  readonly try_number?: number;
  readonly map_index?: number;
  readonly clear_number?: number;
  readonly logical_date: string;
  readonly runId: string;
}

describe('JDBC URLs', () => {
  // Connection properties, and the folder that a Derby without a path is in, are in no vector.
  const whole = vectors<JdbcVector>('naming-jdbc.json').filter(
    ({ propsExpr, jdbcUrl }) => propsExpr === 'new Properties()' && !/^jdbc:derby:;?$/i.test(jdbcUrl),
  );

  test.each(whole)('$jdbcUrl $table', ({ jdbcUrl, table, namespace, name }) => {
    expect(datasetFromJdbcUrl(jdbcUrl, table)).toEqual({ namespace, name });
  });

  test.each(whole)('$jdbcUrl: the canonical name is its own', ({ jdbcUrl, table }) => {
    const canonical = canonicalDataset(datasetFromJdbcUrl(jdbcUrl, table));
    expect(canonicalDataset(canonical)).toEqual(canonical);
  });
});

test.each(vectors<LocationVector>('naming-filesystem.json'))('$fn $uri $arg', ({ uri, arg, namespace, name }) => {
  const found = datasetFromLocation(uri, arg);
  expect(found).toEqual({ namespace, name });
  const canonical = canonicalDataset(found);
  expect(canonicalDataset(canonical)).toEqual(canonical);
});

test.each(vectors<AirflowVector>('naming-airflow-run-ids.json'))('Airflow $kind at $logical_date', (vector) => {
  const { namespace, dag_id: dag, task_id, try_number, map_index, clear_number, logical_date: date } = vector;
  const run = {
    namespace,
    dag,
    date,
    ...(task_id === undefined ? {} : { task: task_id }),
    ...(try_number === undefined ? {} : { tryNumber: try_number }),
    ...(map_index === undefined ? {} : { mapIndex: map_index }),
    ...(clear_number === undefined ? {} : { clearNumber: clear_number }),
  };
  expect(airflowRunId(run)).toBe(vector.runId);
});
