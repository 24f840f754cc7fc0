/** The thread that copies a graph's journal into its file, so that the writer's needn't wait for the disk. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Database } from './sqlite/database.ts';

/** What was committed while the bulk was copied is copied too, and so on: each time there is less. */
const PASSES = 4;
/** Pages that are left to the writer. */
const FEW = 256;

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs as a worker thread');
  const path = String(workerData);
  const db = new Database(path, { cacheKiB: 64 });
  db.checkpointEach(0);
  // SQLite syncs the file itself only where nothing was committed meanwhile. Closing this gives up the process's lock of the file, as POSIX
  // has it: it stays open until the writer is closed.
  const file = openSync(path, 'r+');
  port.on('message', (request: 'copy' | 'close') => {
    if (request === 'close') {
      db.close();
      closeSync(file);
      port.close();
      return;
    }
    try {
      for (let pass = 0; pass < PASSES; pass++) {
        db.checkpoint();
        fdatasyncSync(file);
        const { pages, copied } = db.journal();
        if (pages - copied < FEW) break;
      }
      port.postMessage(null);
    } catch (error) {
      port.postMessage(error instanceof Error ? error.message : String(error));
    }
  });
}

serve();
