import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with a folder that is gone afterwards. */
export async function inScratch<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const DONE = 'built.json';

/**
 * `make` fills `folder`. With a folder to keep things in, what an earlier call made under this name is copied from
 * there: the copy may be written to.
 */
export async function madeOnce(
  keep: string | null,
  name: string,
  folder: string,
  make: (folder: string) => Promise<object>,
): Promise<void> {
  if (keep === null) {
    mkdirSync(folder, { recursive: true });
    await make(folder);
    return;
  }
  const kept = join(keep, name);
  if (!existsSync(join(kept, DONE))) {
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, DONE), JSON.stringify(await make(kept)));
  }
  cpSync(kept, folder, { recursive: true });
  rmSync(join(folder, DONE));
}

/** Of a closed database: what is left beside it (`-wal`) is counted too. */
export function databaseBytes(folder: string, file: string): number {
  return ['', '-wal']
    .map((ending) => join(folder, file + ending))
    .reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
}
