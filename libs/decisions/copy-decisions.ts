/** A copy of `decisions.db` while it is in use: one snapshot of SQLite's, synced, that appears when it is whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { DECISIONS_FILE } from './decision-schema.ts';

/** @returns the name of the file, in `to`; nothing where there is none */
export function copyDecisions(from: string, to: string): string[] {
  const source = join(from, DECISIONS_FILE);
  if (!existsSync(source)) return [];
  const target = join(to, DECISIONS_FILE);
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  const db = new DatabaseSync(source, { readOnly: true });
  try {
    db.prepare('VACUUM INTO ?').run(partial);
  } finally {
    db.close();
  }
  const file = openSync(partial, 'r+');
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, target);
  return [DECISIONS_FILE];
}
