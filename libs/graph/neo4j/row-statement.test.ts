import { expect, it } from 'vitest';
import { asSent, rowStatement } from './row-statement.ts';

const QUERY =
  'UNWIND $rows AS row MATCH (n {id: row.id}) SET n.at = toInteger(row.at), n.old = row.id, n.a = row.atLast';

it('asks for properties by place, in the order in which the query names them', () => {
  expect(asSent(QUERY)).toEqual({
    columns: ['id', 'at', 'atLast'],
    cypher: 'UNWIND $rows AS row MATCH (n {id: row[0]}) SET n.at = toInteger(row[1]), n.old = row[0], n.a = row[2]',
  });
});

it('has rows sorted by id, with what is asked for, and null where a row has nothing', () => {
  expect(
    rowStatement(QUERY, [
      { id: 'b', at: undefined },
      { id: 'a', at: 1, atLast: false, kind: 'run' },
    ]).rows,
  ).toEqual([
    ['a', 1, false],
    ['b', null, null],
  ]);
});

it('leaves a query without rows as it is', () => {
  const query = 'MATCH (arrow:Narrow) RETURN arrow.id';
  expect(asSent(query)).toEqual({ columns: [], cypher: query });
});
