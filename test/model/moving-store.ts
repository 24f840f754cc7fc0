/** A graph that is exported and imported at each restart: what comes later folds into it as if it had never moved. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter, GRAPH_FILE, GraphDatabase, GraphFile, loadExport } from '#graph';
import { storeClosed } from './collect-garbage.ts';
import type { LawfulStore, OpenStore } from './order-law.ts';

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
  const open = (): LawfulStore => {
    const file = new GraphFile(folder);
    return {
      apply: async (batch) => file.apply(batch, batch.at(-1)?.receivedAt ?? 0),
      export: async function* () {
        yield* new Exporter(file.db).lines();
      },
      close: async () => {
        file.close();
        await storeClosed();
      },
    };
  };
  return {
    store: open(),
    reopen: async () => {
      const lines = exported(folder);
      rmSync(folder, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), 'headwater-moved-'));
      await loadExport(told(lines), folder);
      return open();
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
