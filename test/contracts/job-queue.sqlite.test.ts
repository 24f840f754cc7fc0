import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteJobQueue } from '#queue';
import { jobQueueContract } from './job-queue.ts';

jobQueueContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-queue-'));
  const open = (): Promise<SqliteJobQueue> => SqliteJobQueue.open({ directory, retry: { firstMs: 40, mostMs: 300 } });
  let queue = await open();
  return {
    queue,
    second: null,
    reopen: async () => {
      await queue.close();
      queue = await open();
      return queue;
    },
    remove: async () => {
      await queue.close();
      await rm(directory, { recursive: true });
    },
  };
});
