/**
 * Room that is set aside while there is some. SQLite needs a few small files to open a database, even to read it: without
 * them a hub couldn't start on a full disk, neither to answer nor to free anything.
 *
 * ```
 * start, disk full:  give the reserve up ─▶ open the files ─▶ set aside again what they left
 * ```
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const RESERVE_FILE = 'reserve';
/** Wal indexes take 32 KiB for each 16 MiB of a journal; journals begin with a page. */
const RESERVE_BYTES = 1024 * 1024;
const PIECE = 16 * 1024;

/** Sets aside what may be had of it; nothing, where there is no room at all. */
export function keepReserve(folder: string): void {
  try {
    const file = openSync(join(folder, RESERVE_FILE), 'a');
    try {
      // Random: a file system that compresses would set nothing aside for zeros.
      for (let size = fstatSync(file).size; size < RESERVE_BYTES; size += PIECE) writeSync(file, randomBytes(PIECE));
    } finally {
      closeSync(file);
    }
  } catch {
    // Full, or read-only: whoever writes what matters will say so.
  }
}

/** Opens what may need a little room; on a full disk a second time, with what was set aside. */
export async function withReserve<T>(folder: string, open: () => Promise<T>, onFull: () => void): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!giveUp(folder)) throw error;
    onFull();
    return open();
  }
}

/** @returns whether the disk was full and there was something to give up */
function giveUp(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize >= RESERVE_BYTES) return false;
    rmSync(join(folder, RESERVE_FILE));
    return true;
  } catch {
    return false;
  }
}
