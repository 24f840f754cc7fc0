import { LOCAL_VIEWER } from '#lineage';
import type { DatasetEvent } from '#openlineage';
import type { Pipeline } from './pipeline.ts';

const APPLIED_WITHIN_MS = 60_000;

/**
 * Says something at the hub's own door, and waits until the graph has it: who speaks next looks at what is served.
 *
 * @returns why an event was refused, one line each: trying again would help no more
 * @throws Error where one was not taken, or isn't applied within a minute: the same words may be said again
 */
export async function sayToHub(
  pipeline: Pick<Pipeline, 'accept' | 'waitFor'>,
  events: readonly DatasetEvent[],
): Promise<readonly string[]> {
  const outcomes = await Promise.all(
    events.map((event) => pipeline.accept(Buffer.from(JSON.stringify(event)), LOCAL_VIEWER)),
  );
  const refusals: string[] = [];
  let last = 0;
  for (const outcome of outcomes) {
    if (outcome.kind === 'refused') refusals.push(outcome.message);
    else if (outcome.kind !== 'accepted') throw new Error(`the hub didn't take its own word: ${outcome.kind}`);
    else last = Math.max(last, outcome.position);
  }
  const { reached } = await pipeline.waitFor(last, APPLIED_WITHIN_MS);
  if (!reached) throw new Error("the hub's own words are accepted and not applied yet");
  return refusals;
}
