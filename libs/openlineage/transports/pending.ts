import type { WaitOptions } from './transport.ts';

/** The promises under way, so that `flush` and `close` can wait for them. They must not reject. */
export class Pending {
  readonly #promises = new Set<Promise<unknown>>();

  get size(): number {
    return this.#promises.size;
  }

  track<T>(promise: Promise<T>): Promise<T> {
    const tracked = promise.finally(() => this.#promises.delete(tracked));
    this.#promises.add(tracked);
    return tracked;
  }

  /** Waits for what is under way now. False: the time ran out. */
  async settled({ timeoutMs }: WaitOptions = {}): Promise<boolean> {
    if (this.#promises.size === 0) return true;
    const all = Promise.allSettled(this.#promises).then(() => true);
    if (timeoutMs === undefined) return all;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    return Promise.race([all, late]).finally(() => clearTimeout(timer));
  }
}
