import { PassThrough, Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HttpError } from './http-error.ts';
import { BodyMemory, readBody } from './read-body.ts';

const LIMITS = { wire: 10_000, decompressed: 100_000 };
const text = JSON.stringify({ job: 'x'.repeat(5_000) });

/** In pieces of 7 bytes, as a slow network would. */
function pieces(bytes: Uint8Array, step = 7): Readable {
  const buffer = Buffer.from(bytes);
  return Readable.from(
    (function* () {
      for (let at = 0; at < buffer.length; at += step) yield buffer.subarray(at, at + step);
    })(),
    { objectMode: false },
  );
}

async function read(
  payload: Readable,
  contentEncoding?: string,
  memory = new BodyMemory(1_000_000),
  contentLength?: string,
) {
  return (await readBody({ payload, contentEncoding, contentLength }, LIMITS, memory)).toString();
}

async function refusal(promise: Promise<unknown>): Promise<HttpError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof HttpError) return error;
  throw new Error(`expected an HttpError, got ${String(error)}`);
}

describe('readBody', () => {
  it.each([
    [undefined, (b: string) => Buffer.from(b)],
    ['identity', (b: string) => Buffer.from(b)],
    ['gzip', (b: string) => gzipSync(b)],
    ['X-GZIP', (b: string) => gzipSync(b)],
    ['deflate', (b: string) => deflateSync(b)],
    ['deflate', (b: string) => deflateRawSync(b)],
    ['br', (b: string) => brotliCompressSync(b)],
  ] as const)('reads %s in pieces and gives its memory back', async (encoding, pack) => {
    const memory = new BodyMemory(1_000_000);
    expect(await read(pieces(pack(text)), encoding, memory)).toBe(text);
    expect(memory.held).toBe(0);
  });

  it('reads an empty body of any encoding as empty', async () => {
    expect(await read(Readable.from([]), 'gzip')).toBe('');
  });

  it.each(['gzip', 'deflate', 'br'])('stops a %s bomb at the limit', async (encoding) => {
    const zeros = Buffer.alloc(5_000_000);
    const bomb =
      encoding === 'gzip' ? gzipSync(zeros) : encoding === 'deflate' ? deflateSync(zeros) : brotliCompressSync(zeros);
    const memory = new BodyMemory(1_000_000);
    const error = await refusal(read(pieces(bomb, 1_000), encoding, memory));
    expect(error.statusCode).toBe(413);
    expect(error.message).toMatch(/100000 bytes after decompression/);
    expect(memory.held).toBe(0);
  });

  it('refuses what is too large on the wire, said or not', async () => {
    expect((await refusal(read(pieces(Buffer.alloc(10_001), 1_000)))).statusCode).toBe(413);
    expect((await refusal(read(Readable.from([]), undefined, undefined, '10001'))).statusCode).toBe(413);
  });

  it.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
  ])('says that %s data is cut off', async (encoding, whole) => {
    const error = await refusal(read(pieces(whole.subarray(0, whole.length - 5)), encoding));
    expect(error.statusCode).toBe(400);
    expect(error.message).toMatch(new RegExp(`cut off: its ${encoding} data ends early`));
  });

  it.each(['gzip', 'deflate', 'br'])('says that plain text is no %s', async (encoding) => {
    const error = await refusal(read(pieces(Buffer.from(text)), encoding));
    expect(error.statusCode).toBe(400);
    expect(error.message).toMatch(/although Content-Encoding says so/);
  });

  it.each(['zstd', 'gzip, br', 'compress'])('refuses the encoding %s', async (encoding) => {
    const error = await refusal(read(Readable.from([]), encoding));
    expect(error.statusCode).toBe(415);
    expect(error.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('refuses for now what there is no memory for', async () => {
    const memory = new BodyMemory(20_000);
    memory.take(18_000);
    const error = await refusal(read(pieces(Buffer.from(text)), undefined, memory));
    expect(error.statusCode).toBe(429);
    expect(memory.held).toBe(18_000);
  });

  it('does not wait for ever for a client that went away', async () => {
    const payload = new PassThrough();
    payload.write('{"job');
    setTimeout(() => payload.destroy(), 20);
    expect((await refusal(read(payload))).message).toMatch(/ended before its body did/);
  });
});
