import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadPlan, LoadResult } from './load-plan.ts';

export interface Load {
  readonly result: Promise<LoadResult>;
  stop(): void;
}

/** In a process of its own. Rejects when a request failed: figures of refusals are none. */
export function startLoad(plan: LoadPlan): Load {
  const child = fork(fileURLToPath(new URL('./load-generator.js', import.meta.url)), [], { serialization: 'advanced' });
  const tell = (order: LoadOrder): boolean => child.send(order);
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (message) => resolve(message as LoadResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
  }).then((answered) => {
    if (answered.failed > 0)
      throw new Error(`${answered.failed} of ${answered.sent} requests failed; the first: ${answered.firstFailure}`);
    return answered;
  });
  tell({ plan });
  return { result, stop: () => tell({ stop: true }) };
}

export function runLoad(plan: LoadPlan): Promise<LoadResult> {
  return startLoad(plan).result;
}
