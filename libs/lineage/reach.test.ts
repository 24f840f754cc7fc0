import { describe, expect, test } from 'vitest';
import { columnFlow, dataFlow, reachedFrom } from './reach.ts';
import type { ColumnEdge, Edge, EdgeKind } from './read-model.ts';

const edge = (kind: EdgeKind, from: string, to: string): Edge => ({
  id: `${kind}:${from}:${to}`,
  kind,
  from,
  to,
  current: true,
  intervals: [],
  evidence: [],
});

const column = (from: string, to: string, type: string, subtype: string, masking = false): ColumnEdge => ({
  id: `${from}:${to}:${type}:${subtype}`,
  from,
  to,
  job: 'job:shop:mart',
  transformation: { type, subtype, description: null, masking },
  current: true,
  intervals: [],
  evidence: [],
});

describe('along datasets and jobs', () => {
  const edges = [
    edge('READS', 'orders', 'load'),
    edge('WRITES', 'load', 'mart'),
    edge('FEEDS', 'mart', 'view'),
    edge('TRIGGERS', 'load', 'mail'),
    edge('MAY_WRITE', 'load', 'never'),
    edge('PARENT', 'load', 'dag'),
    edge('READS', 'mart', 'train'),
    edge('WRITES', 'train', 'orders'),
  ];

  test('what data flows along carries, nearest first, and loops end', () => {
    expect(reachedFrom('orders', dataFlow(edges).steps, 'DOWNSTREAM')).toEqual(['load', 'mart', 'view', 'train']);
  });

  test('upstream goes the other way', () => {
    expect(reachedFrom('view', dataFlow(edges).steps, 'UPSTREAM')).toEqual(['mart', 'load', 'orders', 'train']);
  });
});

describe('along columns', () => {
  test('masking stops it, with who masks and how', () => {
    const { steps, stops } = columnFlow([
      column('email', 'clean', 'DIRECT', 'IDENTITY'),
      column('clean', 'hash', 'DIRECT', 'TRANSFORMATION', true),
    ]);
    expect(reachedFrom('email', steps, 'DOWNSTREAM')).toEqual(['clean']);
    expect(stops).toEqual([{ from: 'clean', to: 'hash', reason: 'masked by job:shop:mart (TRANSFORMATION)' }]);
  });

  test('what only decides which rows there are gives no value away', () => {
    const { steps, stops } = columnFlow([
      column('email', 'total', 'INDIRECT', 'FILTER'),
      column('email', 'total', 'INDIRECT', 'JOIN'),
    ]);
    expect(steps).toEqual([]);
    expect(stops[0]?.reason).toMatch(/^only decides which rows .*FILTER, JOIN in job:shop:mart/);
  });

  test('one way that carries is enough', () => {
    const flow = columnFlow([
      column('email', 'both', 'DIRECT', 'MASK', true),
      column('email', 'both', 'DIRECT', 'IDENTITY'),
      column('email', 'both', 'INDIRECT', 'SORT'),
    ]);
    expect(flow).toEqual({ steps: [{ from: 'email', to: 'both' }], stops: [] });
  });
});
