import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

const HEAD_BYTES = 256;

/** What came of a body over the wire, still encoded. */
export interface SeenBody {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** The first 256 bytes. */
  readonly head: Uint8Array;
}

/** Looks at a body as it comes, so that one which can't be read leaves a trace all the same. */
export class BodyTap {
  readonly #hash = createHash('sha256');
  readonly #head: Buffer[] = [];
  #bytes = 0;

  /** Attach it before whoever reads: it begins the flow. */
  constructor(payload: Readable) {
    payload.on('data', (chunk: Buffer) => {
      if (this.#bytes < HEAD_BYTES) this.#head.push(chunk.subarray(0, HEAD_BYTES - this.#bytes));
      this.#bytes += chunk.length;
      this.#hash.update(chunk);
    });
  }

  seen(): SeenBody {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex'), head: Buffer.concat(this.#head) };
  }
}
