import { randomUUID } from 'node:crypto';
import { BullmqJobQueue } from '#queue';
import { redisUrl } from '../servers/redis-server.ts';
import { jobQueueContract } from './job-queue.ts';

jobQueueContract('BullMQ', async () => {
  const prefix = `test-${randomUUID()}`;
  const opened: BullmqJobQueue[] = [];
  const open = async (): Promise<BullmqJobQueue> => {
    const queue = await BullmqJobQueue.open({
      url: redisUrl(),
      prefix,
      retry: { firstMs: 40, mostMs: 300 },
      onError: (error) => {
        throw error;
      },
    });
    opened.push(queue);
    return queue;
  };
  const queue = await open();
  return {
    queue,
    second: open,
    reopen: async () => {
      await Promise.all(opened.map((one) => one.close()));
      return open();
    },
    remove: async () => {
      await Promise.all(opened.map((one) => one.close()));
    },
  };
});
