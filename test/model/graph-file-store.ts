/** The embedded graph without its thread: what the property tests open and close some thousand times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter, GraphFile } from '#graph';
import { storeClosed } from './collect-garbage.ts';
import type { LawfulStore, OpenStore } from './order-law.ts';

export async function graphFileStore(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-law-'));
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
  return { store: open(), reopen: async () => open(), remove: () => rmSync(folder, { recursive: true }) };
}
