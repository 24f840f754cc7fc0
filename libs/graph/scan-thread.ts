/** Reads of whole tables, off the thread that answers HTTP: a scan of a large graph takes as long as a hundred walks. */
import type { GraphWorkerData, ScanMethod } from './graph-messages.ts';
import { GraphThread } from './graph-thread.ts';

export class ScanThread {
  readonly #data: GraphWorkerData;
  #thread: Promise<GraphThread> | null = null;
  #closed = false;

  /** Starts nothing yet: a small graph never asks. */
  constructor(data: Omit<GraphWorkerData, 'mode'>) {
    this.#data = { ...data, mode: 'scan' };
  }

  /** One after the other, on one thread that stays. */
  async ask(method: ScanMethod, args: readonly unknown[]): Promise<unknown> {
    if (this.#thread !== null && (await ended(this.#thread))) this.#thread = null;
    if (this.#closed) throw new Error('the graph is closed');
    this.#thread ??= GraphThread.start(this.#data);
    return (await this.#thread).ask({ op: 'scan', method, args });
  }

  /** On a thread for this alone: for what takes so long that others can't wait behind it. */
  async askAlone(method: ScanMethod, args: readonly unknown[]): Promise<unknown> {
    const thread = await GraphThread.start(this.#data);
    try {
      return await thread.ask({ op: 'scan', method, args });
    } finally {
      await thread.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#thread !== null && !(await ended(this.#thread))) await (await this.#thread).close();
  }
}

function ended(thread: Promise<GraphThread>): Promise<boolean> {
  return thread.then(
    (started) => started.ended,
    () => true,
  );
}
