/** A graph that is exported and imported at each restart: what comes later folds into it as if it had never moved. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter, GRAPH_FILE, GraphDatabase, loadExport } from '#graph';
import { openGraphFile } from './graph-file-store.ts';
import type { OpenStore } from './order-law.ts';

export function exported(folder: string, mutations = false): string[] {
  const db = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
  try {
    return [...new Exporter(db).lines({ mutations, rows: true })];
  } finally {
    db.close();
  }
}

export async function* told(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

/** Each restart moves it to another folder. */
export async function movingStore(): Promise<OpenStore> {
  let folder = mkdtempSync(join(tmpdir(), 'headwater-moved-'));
  return {
    store: openGraphFile(folder),
    reopen: async () => {
      const lines = exported(folder);
      rmSync(folder, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), 'headwater-moved-'));
      await loadExport(told(lines), folder, 0);
      return openGraphFile(folder);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
