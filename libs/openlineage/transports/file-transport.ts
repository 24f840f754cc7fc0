import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { OpenLineageEvent } from '../events.ts';
import { Pending } from './pending.ts';
import { serialize } from './serialize.ts';
import type { EmitResult, Transport, WaitOptions } from './transport.ts';

export interface FileTransportOptions {
  /** Made if missing, its folder too. */
  path: string;
}

/** Appends each event as one line of JSON (NDJSON), in the order of `emit`. The file may be moved away between two. */
export class FileTransport implements Transport {
  readonly name: string;
  readonly #path: string;
  readonly #pending = new Pending();
  /** The last write: the next one begins after it, so that lines never mix. */
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: FileTransportOptions) {
    this.#path = resolve(options.path);
    this.name = `file ${this.#path}`;
  }

  emit(event: OpenLineageEvent): Promise<EmitResult> {
    if (this.#closed) {
      return Promise.resolve({ ok: false, attempts: 0, error: { reason: 'closed', message: `${this.name}: closed` } });
    }
    const serialized = serialize(event);
    if (!serialized.ok) return Promise.resolve(serialized);
    const written = this.#tail.then(() => this.#append(`${serialized.json}\n`));
    this.#tail = written;
    return this.#pending.track(written);
  }

  flush(options?: WaitOptions): Promise<boolean> {
    return this.#pending.settled(options);
  }

  close(options?: WaitOptions): Promise<boolean> {
    this.#closed = true;
    return this.#pending.settled(options);
  }

  async #append(line: string): Promise<EmitResult> {
    try {
      await appendFile(this.#path, line).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await makeFolder(dirname(this.#path));
        await appendFile(this.#path, line);
      });
      return { ok: true, attempts: 1 };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const known = code === undefined ? {} : { code };
      return { ok: false, attempts: 1, error: { reason: 'file', path: this.#path, message, ...known } };
    }
  }
}

/** Node's own recursive `mkdir` never comes back below a folder that takes none, as `/proc` doesn't. */
async function makeFolder(path: string): Promise<void> {
  if (!existsSync(dirname(path))) await makeFolder(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Another process was faster.
    if (error.code !== 'EEXIST') throw error;
  });
}
