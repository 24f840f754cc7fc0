import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { AcceptedEvent, LoggedEvent } from '#lineage';
import { StorageError } from './storage-error.ts';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** As in the file of the embedded log, where it was measured. */
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Finding one body decompresses its block, and the window of the compression sees no further anyway. */
const BLOCK_BYTES = 256 * 1024;

/** Of each event: when it was received, ms, and the bytes of its body. */
type Header = readonly (readonly [receivedAt: number, length: number])[];

/**
 * Bodies of one commit, compressed together:
 * ```
 * 4 bytes: length of the header │ header: [[receivedAt, length], …] as JSON │ bodies, one after the other
 * ```
 * Hashes aren't in it: they are those of the bodies, and as random bytes they would be a tenth of the block.
 */
export interface EventBlock {
  readonly events: number;
  /** The latest receipt in it, ms. */
  readonly newest: number;
  readonly bytes: Buffer;
}

/** Events in order, cut into blocks. */
export function makeBlocks(events: readonly AcceptedEvent[]): Promise<readonly EventBlock[]> {
  const blocks: { readonly events: AcceptedEvent[]; readonly bodies: Buffer[]; bytes: number }[] = [];
  for (const event of events) {
    const body = Buffer.from(event.body, 'utf8');
    let block = blocks.at(-1);
    if (block === undefined || block.bytes + body.length > BLOCK_BYTES) {
      block = { events: [], bodies: [], bytes: 0 };
      blocks.push(block);
    }
    block.events.push(event);
    block.bodies.push(body);
    block.bytes += body.length;
  }
  return Promise.all(blocks.map((block) => makeBlock(block.events, block.bodies)));
}

async function makeBlock(events: readonly AcceptedEvent[], bodies: readonly Buffer[]): Promise<EventBlock> {
  const header: Header = events.map(({ receivedAt }, i) => [receivedAt, bodies[i]?.length ?? 0]);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(text.length);
  const bytes = await compress(Buffer.concat([size, text, ...bodies]), BROTLI_OPTIONS);
  const newest = events.reduce((max, { receivedAt }) => Math.max(max, receivedAt), -Infinity);
  return { events: events.length, newest, bytes };
}

/** @param last position of its last event */
export async function readBlock(bytes: Buffer, last: number): Promise<readonly LoggedEvent[]> {
  try {
    const whole = await decompress(bytes);
    const bodiesAt = 4 + whole.readUInt32BE(0);
    const header = JSON.parse(whole.toString('utf8', 4, bodiesAt)) as Header;
    let offset = bodiesAt;
    return header.map(([receivedAt, length], i) => {
      const body = whole.subarray(offset, offset + length);
      offset += length;
      const hash = createHash('sha256').update(body).digest('hex');
      return { position: last - header.length + 1 + i, receivedAt, hash, body: body.toString('utf8') };
    });
  } catch (error) {
    throw new StorageError('FAILED', `the block of events up to position ${last} is damaged: restore a backup`, {
      cause: error,
    });
  }
}
