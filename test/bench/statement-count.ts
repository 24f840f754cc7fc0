import type { GraphFile } from '#graph';

export interface StatementCount {
  statements: number;
  /** Rows that came back: a scan shows here although it is one statement. */
  rows: number;
}

/** Counts what goes to SQLite from now on. */
export function countStatements({ db }: GraphFile): StatementCount {
  const count: StatementCount = { statements: 0, rows: 0 };
  const { get, all, run, write } = db;
  db.get = (sql, ...args) => {
    const row = get.call(db, sql, ...args);
    count.statements += 1;
    if (row !== undefined) count.rows += 1;
    return row;
  };
  db.all = (sql, ...args) => {
    const rows = all.call(db, sql, ...args);
    count.statements += 1;
    count.rows += rows.length;
    return rows;
  };
  db.write = (sql, ...args) => {
    count.statements += 1;
    write.call(db, sql, ...args);
  };
  db.run = (sql, ...args) => {
    count.statements += 1;
    return run.call(db, sql, ...args);
  };
  return count;
}
