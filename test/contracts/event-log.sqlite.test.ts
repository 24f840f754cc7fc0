import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteEventLog } from '#queue';
import { eventLogContract } from './event-log.ts';

eventLogContract('SQLite', async ({ refusalsKept }) => {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-log-'));
  let log = await SqliteEventLog.open({ directory, refusalsKept });
  return {
    log,
    reopen: async () => {
      await log.close();
      log = await SqliteEventLog.open({ directory, refusalsKept });
      return log;
    },
    remove: async () => {
      await log.close();
      await rm(directory, { recursive: true });
    },
  };
});
