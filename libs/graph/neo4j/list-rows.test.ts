import { expect, it } from 'vitest';
import { listRows, listStatement } from './list-rows.ts';

it('are asked for by place, in the order in which the statement names its properties', () => {
  const { columns, cypher } = listStatement(
    'UNWIND $rows AS row MATCH (n {id: row.id}) SET n.at = toInteger(row.at), n.old = row.id, n.a = row.atLast',
  );
  expect(columns).toEqual(['id', 'at', 'atLast']);
  expect(cypher).toBe(
    'UNWIND $rows AS row MATCH (n {id: row[0]}) SET n.at = toInteger(row[1]), n.old = row[0], n.a = row[2]',
  );
});

it('hold what is asked for, and null where a row has nothing', () => {
  expect(
    listRows(
      [
        { id: 'a', at: 1, kind: 'run' },
        { id: 'b', at: undefined },
      ],
      ['at', 'id'],
    ),
  ).toEqual([
    [1, 'a'],
    [null, 'b'],
  ]);
});

it('leaves a statement without rows as it is', () => {
  expect(listStatement('MATCH (arrow:Narrow) RETURN arrow.id')).toEqual({
    columns: [],
    cypher: 'MATCH (arrow:Narrow) RETURN arrow.id',
  });
});
