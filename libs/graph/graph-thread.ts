/** A graph thread as its owner sees it: requests out, promises back. */
import { Worker } from 'node:worker_threads';
import type { GraphAnswers, GraphRequest, GraphResponse, GraphWorkerData } from './graph-messages.ts';

const PASSING: ReadonlySet<string> = new Set(['StorageFull', 'StorageFailed', 'GraphClosed']);

/**
 * Megabytes for objects that live as long as a batch: with room for them the collector copies little. A replica makes the
 * lines of a batch too, and its batches are larger: with 144 it takes a fifth less CPU than with 48, and 100 to 130 MB more memory.
 */
const YOUNG_MB: Readonly<Partial<Record<GraphWorkerData['mode'], number>>> = { write: 48, replica: 144 };

/** What the thread threw: `name` tells the kind (`NewerSchema`, `StorageFull` …). */
export class GraphError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }

  /** Another try may go well: it was the disk's fault, or the thread's, not that of what was asked. */
  get passes(): boolean {
    return PASSING.has(this.name);
  }
}

/** Omit that keeps the union of requests a union. */
type Asked<T> = T extends GraphRequest ? Omit<T, 'id'> : never;

export class GraphThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;
  #ended: Error | null = null;

  private constructor(data: GraphWorkerData) {
    const youngMb = YOUNG_MB[data.mode];
    // Not `source`: a thread runs what is built, and inherits no loader of its owner.
    this.#worker = new Worker(new URL(import.meta.resolve('#graph/worker')), {
      workerData: data,
      execArgv: [],
      resourceLimits: youngMb === undefined ? {} : { maxYoungGenerationSizeMb: youngMb },
    });
    this.#worker.on('message', (response: GraphResponse) => this.#answered(response));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#end(new GraphError('GraphClosed', 'the graph is closed')));
  }

  /** @throws GraphError where the file can't be opened or is of a newer schema */
  static async start(data: GraphWorkerData): Promise<GraphThread> {
    const thread = new GraphThread(data);
    await thread.#wait(0);
    return thread;
  }

  /** It failed, or was closed: it answers no more. */
  get ended(): boolean {
    return this.#ended !== null;
  }

  ask<T extends Asked<GraphRequest>>(request: T): Promise<GraphAnswers[T['op']]> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#last += 1;
    const answer = this.#wait(this.#last);
    this.#worker.postMessage({ ...request, id: this.#last });
    return answer as Promise<GraphAnswers[T['op']]>;
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    await this.ask({ op: 'close' });
    await this.#worker.terminate();
  }

  #wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #answered(response: GraphResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (response.ok) waiting?.resolve(response.answer);
    else waiting?.reject(new GraphError(response.name, response.message));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
