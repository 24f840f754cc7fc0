import { describe, expect, it } from 'vitest';
import { columnShown, packColumns, unpackColumns } from './column-changes.ts';

const from = { namespace: 'postgres://db:5432', name: 'raw.orders' };
const to = { namespace: 'file', name: '/lake/a:b%c' };
const job = { kind: 'job', namespace: 'airflow', name: 'load' } as const;
const shown = [
  columnShown({ owner: job, from, fromField: 'id', to, toField: 'order_id', type: 'DIRECT', subtype: 'IDENTITY' }),
  columnShown({ owner: job, from, fromField: 'at', to, toField: '', type: 'INDIRECT', subtype: 'FILTER' }),
  columnShown({ owner: null, from: to, fromField: 'a:b', to, toField: 'c', type: '', subtype: '' }),
];

describe('column edges in the stored change feed', () => {
  it('come back as they were told', () => {
    const stored = JSON.stringify(packColumns(shown));
    expect(unpackColumns(JSON.parse(stored))).toEqual(shown);
  });

  it('name each end once', () => {
    expect(JSON.stringify(packColumns(shown)).split('raw.orders')).toHaveLength(2);
  });

  it('are as they are where an older program spelled them out, and where there are none', () => {
    expect(unpackColumns(shown)).toEqual(shown);
    expect(unpackColumns(packColumns([]))).toEqual([]);
    expect(unpackColumns(packColumns(null))).toBeNull();
  });
});
