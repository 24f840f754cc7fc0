/**
 * Where accepted events may wait on Redis: ways to keep them, side by side, on one server with `appendfsync always`.
 * `node dist/test/bench/accepted-events.js [EVENTS]` with REDIS_URL of a server that nobody else uses: it is emptied.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { AcceptedEvent } from '#lineage';
import { RedisEventLog } from '#queue';
import { EventSource, REALISTIC } from './workload.ts';

type Append = (batch: readonly AcceptedEvent[]) => Promise<unknown>;

const url = process.env.REDIS_URL ?? '';
const events = Number(process.argv[2] ?? 20_000);
const redis = new Redis(url);
const source = new EventSource(REALISTIC);
const fail = (error: Error): never => {
  throw error;
};

function accepted(index: number): AcceptedEvent {
  const body = source.text(index);
  return { body, hash: createHash('sha256').update(body).digest('hex'), receivedAt: Date.now() };
}

async function figures(): Promise<{ readonly memory: number; readonly file: number }> {
  const info = `${await redis.info('memory')}${await redis.info('persistence')}`;
  const of = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1] ?? Number.NaN);
  return { memory: of('used_memory'), file: of('aof_current_size') };
}

async function measure(way: string, batchEvents: number, events: number, append: Append): Promise<void> {
  const before = await figures();
  let ms = 0;
  for (let at = 0; at < events; at += batchEvents) {
    const batch = Array.from({ length: batchEvents }, (_, i) => accepted(at + i));
    const began = performance.now();
    await append(batch);
    ms += performance.now() - began;
  }
  const after = await figures();
  const each = (bytes: number): number => Math.round(bytes / events);
  console.log(
    JSON.stringify({
      way,
      batchEvents,
      perSecond: Math.round((events / ms) * 1000),
      memory: each(after.memory - before.memory),
      file: each(after.file - before.file),
    }),
  );
}

const small = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

async function entries(batch: readonly AcceptedEvent[], bytesOf: (body: string) => string | Buffer): Promise<unknown> {
  const pipeline = redis.multi();
  for (const { hash, body } of batch) pipeline.xadd('stream', '*', 'h', Buffer.from(hash, 'hex'), 'b', bytesOf(body));
  return pipeline.exec();
}

const ways: readonly [string, () => Promise<{ readonly append: Append; readonly close: () => Promise<void> }>][] = [
  [
    'BullMQ, a job for each event',
    async () => {
      const queue = new Queue('events', { connection: redis });
      queue.on('error', fail);
      const jobOf = ({ hash, body }: AcceptedEvent) => ({ name: 'e', data: body, opts: { jobId: hash } });
      return { append: (batch) => queue.addBulk(batch.map(jobOf)), close: () => queue.close() };
    },
  ],
  [
    'stream, an entry for each event',
    async () => ({ append: (batch) => entries(batch, (body) => body), close: async () => undefined }),
  ],
  [
    'stream, an entry for each event, compressed',
    async () => ({
      append: (batch) => entries(batch, (body) => brotliCompressSync(Buffer.from(body), small)),
      close: async () => undefined,
    }),
  ],
  [
    'RedisEventLog: stream of compressed blocks, and hashes',
    async () => {
      const log = await RedisEventLog.open({ url, onError: fail });
      return { append: (batch) => log.append(batch), close: () => log.close() };
    },
  ],
];

// A rewrite of the file would be counted as shrinkage.
await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
// The first way would else pay for what all share.
for (let i = 0; i < events; i++) source.text(i);
for (const batchEvents of [1, 16, 128]) {
  for (const [way, open] of ways) {
    await redis.flushall();
    const { append, close } = await open();
    // One at a time is the disk's pace.
    await measure(way, batchEvents, batchEvents === 1 ? events / 16 : events, append);
    await close();
  }
}

/** Hashes for repeats: one Redis hash, or many small ones. */
for (const count of [200_000, 1_000_000]) {
  for (const bits of [0, 16, 20]) {
    await redis.flushall();
    const { memory } = await figures();
    for (let at = 0; at < count; at += 5_000) {
      const pipeline = redis.pipeline();
      for (let i = at; i < at + 5_000; i++) {
        const hash = createHash('sha256').update(String(i)).digest();
        pipeline.hset(`headwater:log:hash:${hash.readUIntBE(0, 3) >> (24 - bits)}`, hash.subarray(2, 16), i);
      }
      await pipeline.exec();
    }
    const each = Math.round(((await figures()).memory - memory) / count);
    console.log(JSON.stringify({ hashes: count, in: 2 ** bits, memory: each }));
  }
}
await redis.flushall();
redis.disconnect();
