import { type Database, int } from './database.ts';

/** All names that are part of a node, the node's own among them; of what is no node itself, none. In two parts: the index leaves out names that stand alone. */
export function membersOf(db: Database, root: number): number[] {
  const members = `SELECT id FROM name WHERE id = ?1 AND root = ?1
    UNION ALL SELECT id FROM name WHERE root = ?1 AND root <> id`;
  return db.all(members, root).map((row) => int(row, 'id'));
}
