/** The thread that copies a graph's journal, as its writer sees it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Copier } from './sqlite/checkpoints.ts';

export class CheckpointThread implements Copier {
  readonly #path: string;
  #worker: Worker | null = null;

  /** @param path of the graph's file. Starts nothing yet: a small graph never asks */
  constructor(path: string) {
    this.#path = path;
  }

  /** One after the other. @throws where the thread failed, or the disk is full */
  async copy(): Promise<void> {
    this.#worker ??= this.#start();
    const answer = once(this.#worker, 'message') as Promise<(string | null)[]>;
    this.#worker.postMessage('copy');
    const [failure] = await answer;
    if (typeof failure === 'string') throw new Error(failure);
  }

  /** After the writer's connection. */
  async close(): Promise<void> {
    if (this.#worker === null) return;
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage('close');
    await exited;
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.resolve('#graph/checkpoints')), {
      workerData: this.#path,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    const ended = (): void => {
      this.#worker = null;
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return worker;
  }
}
