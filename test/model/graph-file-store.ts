/** The embedded graph without its thread: what the property tests open and close some thousand times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter, GraphFile } from '#graph';
import { storeClosed } from './collect-garbage.ts';
import type { LawfulStore, OpenStore } from './order-law.ts';

/** The graph in a folder, as long as it is open. */
export function openGraphFile(folder: string): LawfulStore {
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
}

export async function graphFileStore(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-law-'));
  return {
    store: openGraphFile(folder),
    reopen: async () => openGraphFile(folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
