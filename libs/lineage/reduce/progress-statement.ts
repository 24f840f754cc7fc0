/** Progress of a continuous job: our headwater_progress facet, and the `checkpoints` facet of the Flink integration. */
import type { ProgressStatement } from '../delta.ts';
import { parseInstant } from '../instant.ts';
import { canonicalDataset } from '../names/canonical.ts';
import { get, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts';

export function progressOf(runFacets: JsonObject | null): ProgressStatement | null {
  const facet = objectOf(get(runFacets, 'headwater_progress'));
  const checkpoints = checkpointsOf(objectOf(get(runFacets, 'checkpoints')));
  if (facet === null && checkpoints === null) return null;
  return {
    inputs: inputsOf(facet),
    recordsPerSecond: numberOf(get(facet, 'recordsPerSecond')),
    watermark: parseInstant(get(facet, 'watermark')),
    checkpoints,
    stopped: get(facet, 'stopped') === true,
  };
}

function inputsOf(facet: JsonObject | null): ProgressStatement['inputs'] {
  const inputs: ProgressStatement['inputs'][number][] = [];
  for (const item of listOf(get(facet, 'inputs'))) {
    const input = objectOf(item);
    const namespace = textOf(get(input, 'namespace'));
    const name = textOf(get(input, 'name'));
    if (namespace === null || name === null) continue;
    const dataset = canonicalDataset({ namespace, name });
    for (const part of listOf(get(input, 'partitions'))) {
      const object = objectOf(part);
      const partition = get(object, 'partition');
      if (typeof partition !== 'string' && typeof partition !== 'number') continue;
      inputs.push({
        dataset,
        partition: String(partition),
        position: numberOf(get(object, 'position')),
        endPosition: numberOf(get(object, 'endPosition')),
        watermark: parseInstant(get(object, 'watermark')),
      });
    }
  }
  return inputs;
}

function checkpointsOf(facet: JsonObject | null): ProgressStatement['checkpoints'] {
  const completed = numberOf(get(facet, 'completed'));
  if (completed === null) return null;
  return {
    completed,
    failed: numberOf(get(facet, 'failed')) ?? 0,
    restored: numberOf(get(facet, 'restored')) ?? 0,
  };
}
