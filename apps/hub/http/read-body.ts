import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { HttpError } from './http-error.ts';

export interface BodyLimits {
  /** Bytes as they come over the wire. */
  readonly wire: number;
  /** Bytes after decompression. */
  readonly decompressed: number;
}

/**
 * Memory that bodies being received may take together: each may be within its limits, and a hundred slow ones at once
 * would still be too many.
 */
export class BodyMemory {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** False: there is no room now. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export interface BodySource {
  readonly payload: Readable;
  readonly contentEncoding: string | undefined;
  readonly contentLength: string | undefined;
  /** Why it isn't taken, whatever is in it; the client hears so once it has sent it. */
  readonly problem?: HttpError | null;
}

type Coding = 'identity' | 'gzip' | 'deflate' | 'br';
type Decoder = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>;

/** How long, and how many bytes, the rest of a refused body is read and thrown away, so that the client hears the answer. */
const LINGER_MS = 1_000;
const LINGER_BYTES = 64 * 1024 * 1024;

/** The whole body, decompressed. Rejects with an HttpError: 400, 413, 415, or 429 when there is no memory for it now. */
export async function readBody(source: BodySource, limits: BodyLimits, memory: BodyMemory): Promise<Buffer> {
  try {
    if (source.problem) throw source.problem;
    return await collect(source, limits, memory);
  } catch (error) {
    await linger(source.payload);
    throw error;
  }
}

function collect(source: BodySource, limits: BodyLimits, memory: BodyMemory): Promise<Buffer> {
  const coding = codingOf(source.contentEncoding);
  if (Number(source.contentLength ?? 0) > limits.wire) throw tooLarge(limits.wire, 'as sent');
  const { payload } = source;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let wire = 0;
    let size = 0;
    let decoder: Decoder | null = null;
    let over = false;

    const finish = (end: () => void): void => {
      if (over) return;
      over = true;
      payload.off('data', onWire);
      payload.off('end', onWireEnd);
      payload.off('close', onWireClose);
      payload.off('error', onWireClose);
      memory.give(size);
      decoder?.destroy();
      end();
    };
    const fail = (error: HttpError): void => finish(() => reject(error));
    const done = (): void =>
      finish(() => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)));

    const keep = (chunk: Buffer): void => {
      if (over) return;
      if (size + chunk.length > limits.decompressed) {
        fail(tooLarge(limits.decompressed, 'after decompression'));
        return;
      }
      if (!memory.take(chunk.length)) {
        fail(noMemory());
        return;
      }
      size += chunk.length;
      chunks.push(chunk);
    };
    const startDecoder = (first: Buffer): Decoder => {
      const made = makeDecoder(coding, first);
      made.on('data', keep);
      made.on('end', done);
      made.on('drain', () => payload.resume());
      made.on('error', (error: NodeJS.ErrnoException) => fail(undecodable(coding, error)));
      return made;
    };

    function onWire(chunk: Buffer): void {
      wire += chunk.length;
      if (wire > limits.wire) fail(tooLarge(limits.wire, 'as sent'));
      else if (coding === 'identity') keep(chunk);
      else {
        decoder ??= startDecoder(chunk);
        if (!decoder.write(chunk)) payload.pause();
      }
    }
    function onWireEnd(): void {
      if (decoder === null) done();
      else decoder.end();
      payload.off('close', onWireClose);
    }
    function onWireClose(): void {
      fail(new HttpError(400, 'The request ended before its body did. Send it again, whole.'));
    }

    payload.on('data', onWire);
    payload.on('end', onWireEnd);
    payload.on('close', onWireClose);
    payload.on('error', onWireClose);
  });
}

function codingOf(header: string | undefined): Coding {
  const word = (header ?? '').trim().toLowerCase();
  switch (word) {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'br':
      return 'br';
    default:
      throw new HttpError(
        415,
        `Content-Encoding "${word.slice(0, 100)}" is not known here. Use one of gzip, deflate, br, or none.`,
        {
          headers: { 'accept-encoding': 'gzip, deflate, br' },
        },
      );
  }
}

function makeDecoder(coding: Coding, first: Buffer): Decoder {
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'gzip') return createGunzip();
  // `deflate` means the zlib format, but some clients send the bare one: the first byte tells them apart (RFC 1950).
  return ((first[0] ?? 0) & 0x0f) === 0x08 ? createInflate() : createInflateRaw();
}

function undecodable(coding: Coding, error: NodeJS.ErrnoException): HttpError {
  return error.code === 'Z_BUF_ERROR'
    ? new HttpError(400, `The body is cut off: its ${coding} data ends early. Send it whole.`)
    : new HttpError(400, `The body is not ${coding}, although Content-Encoding says so (${error.message}).`);
}

function noMemory(): HttpError {
  return new HttpError(429, 'The hub is receiving as much as it has memory for. Send the request again.', {
    headers: { 'retry-after': '1' },
  });
}

function tooLarge(limit: number, how: string): HttpError {
  return new HttpError(
    413,
    `The body is larger than ${limit} bytes ${how}. Send less at once, or raise the limit in the hub's settings (limits).`,
  );
}

/**
 * Reads on for a moment and throws away. Answering while the client still writes would make the kernel reset the
 * connection, and the client would see a broken pipe in place of the reason.
 */
function linger(payload: Readable): Promise<void> {
  if (payload.readableEnded || payload.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let thrown = 0;
    const stop = (): void => {
      clearTimeout(timer);
      payload.off('data', onData);
      payload.off('end', stop);
      payload.off('close', stop);
      payload.off('error', stop);
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      thrown += chunk.length;
      if (thrown > LINGER_BYTES) stop();
    };
    const timer = setTimeout(stop, LINGER_MS);
    payload.on('data', onData);
    payload.on('end', stop);
    payload.on('close', stop);
    payload.on('error', stop);
    payload.resume();
  });
}
