/**
 * The SQLite binding finalizes statements when they are collected, and a closed connection keeps its files until then.
 * A test that opens thousands of stores would run out of file descriptors before the collector sees a reason to run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const EVERY = 25;
let closed = 0;

/** To be awaited whenever a store was closed. */
export async function storeClosed(): Promise<void> {
  closed += 1;
  if (closed % EVERY !== 0) return;
  collect();
  // What is collected is finalized in a turn of the event loop of its own; a test that only awaits promises has none.
  await new Promise((resolve) => setImmediate(resolve));
}
