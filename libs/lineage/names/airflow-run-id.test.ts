import { expect, test } from 'vitest';
import { airflowRunId } from './airflow-run-id.ts';

const run = { namespace: 'default', dag: 'orders_etl', date: '2024-01-01T00:00:00+00:00' };

test('a DAG run, and a try of a task', () => {
  expect(airflowRunId({ ...run, clearNumber: 0 })).toBe('018cc251-f400-7662-b080-b72299e0a86b');
  expect(airflowRunId({ ...run, task: 'count_orders' })).toBe('018cc251-f400-7026-81fb-56cf8ce05681');
});

test('one instant is one id, however it is written', () => {
  const id = airflowRunId({ ...run, clearNumber: 0, date: '2024-06-01T02:00:00.500000+02:00' });
  for (const date of [
    '2024-06-01T00:00:00.5Z',
    '2024-06-01T00:00:00.500',
    '2024-05-31 19:00:00.5-05:00',
    '2024-06-01T00:00:00.500000000Z',
  ]) {
    expect(airflowRunId({ ...run, clearNumber: 0, date })).toBe(id);
  }
});

test('microseconds, tries, map indexes and clears are part of it', () => {
  const ids = [
    airflowRunId(run),
    airflowRunId({ ...run, clearNumber: 0 }),
    airflowRunId({ ...run, clearNumber: 1 }),
    airflowRunId({ ...run, date: '2024-01-01T00:00:00.000001+00:00' }),
    airflowRunId({ ...run, task: 't' }),
    airflowRunId({ ...run, task: 't', tryNumber: 2 }),
    airflowRunId({ ...run, task: 't', mapIndex: 0 }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^018cc251-f400-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a date that is none says so', () => {
  expect(() => airflowRunId({ ...run, date: 'yesterday' })).toThrow(
    'date must be an ISO 8601 date-time, not "yesterday"',
  );
});
