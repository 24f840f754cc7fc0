/** What an event says of its run: type, parents, nominal time, error, and how its job is processed. */
import type { AssetElement, AssetName, Name, Processing, RunEventType, RunRef, RunStatement } from '../delta.ts';
import { parseInstant } from '../instant.ts';
import { canonicalJob, canonicalRunId } from '../names/canonical.ts';
import { get, type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts';

const EVENT_TYPES: ReadonlySet<string> = new Set<RunEventType>([
  'START',
  'RUNNING',
  'COMPLETE',
  'ABORT',
  'FAIL',
  'OTHER',
]);

export function runStatement(
  root: JsonObject,
  run: JsonObject,
  runFacets: JsonObject | null,
  jobFacets: JsonObject | null,
  hash: string,
): RunStatement {
  const said = textOf(get(run, 'runId')) ?? '';
  const processing = processingOf(jobFacets);
  const parent = parentFacet(runFacets);
  const parentRef = runRef(parent);
  const rootRef = runRef(objectOf(get(parent, 'root')));
  const nominal = objectOf(get(runFacets, 'nominalTime'));
  const nominalStart = parseInstant(get(nominal, 'nominalStartTime'));
  const nominalEnd = parseInstant(get(nominal, 'nominalEndTime'));
  const error = textOf(get(objectOf(get(runFacets, 'errorMessage')), 'message'));
  return {
    // A masked id (secrets masking writes *** into any string) is shared by strangers: such an event is its own run.
    runId: said.includes('***') || said === '' ? `${said}#${hash}` : canonicalRunId(said),
    type: runEventType(root),
    ...(processing === null ? {} : { processing }),
    ...(parentRef === null ? {} : { parent: parentRef }),
    ...(rootRef === null ? {} : { root: rootRef }),
    ...(nominalStart === null ? {} : { nominalStart }),
    ...(nominalEnd === null ? {} : { nominalEnd }),
    ...(error === null ? {} : { error }),
  };
}

const parentFacet = (runFacets: JsonObject | null): JsonObject | null =>
  objectOf(get(runFacets, 'parent')) ?? objectOf(get(runFacets, 'parentRun'));

/** The job that started the run; its run may be unnamed or masked all the same. */
export const parentJobOf = (runFacets: JsonObject | null): Name | null =>
  jobName(objectOf(get(parentFacet(runFacets), 'job')));

/** In any case of letters; null: none, or no word of the spec. */
export function runEventType(root: JsonObject | null): RunEventType | null {
  const type = textOf(get(root, 'eventType'))?.toUpperCase();
  return type !== undefined && EVENT_TYPES.has(type) ? (type as RunEventType) : null;
}

/** jobType facet; a processingType that isn't one of the spec's (Spark's `NONE`) says nothing. */
export function processingOf(jobFacets: JsonObject | null): Processing | null {
  const facet = objectOf(get(jobFacets, 'jobType'));
  const type = textOf(get(facet, 'processingType'))?.toUpperCase();
  if (type !== 'BATCH' && type !== 'STREAMING' && type !== 'SERVICE') return null;
  const pattern = objectOf(get(facet, 'emissionPattern'));
  const windowSeconds = numberOf(get(pattern, 'windowDuration'));
  return {
    type,
    content: get(pattern, 'eventContentMode') === 'COMPLETE_SNAPSHOT' ? 'COMPLETE_SNAPSHOT' : 'ACCUMULATIVE',
    ...(windowSeconds !== null && windowSeconds > 0 ? { windowSeconds } : {}),
  };
}

function runRef(facet: JsonObject | null): RunRef | null {
  const runId = textOf(get(objectOf(get(facet, 'run')), 'runId'));
  const job = jobName(objectOf(get(facet, 'job')));
  return runId === null || job === null || runId.includes('***') ? null : { job, runId: canonicalRunId(runId) };
}

function jobName(object: JsonObject | null): Name | null {
  const namespace = textOf(get(object, 'namespace'));
  const name = textOf(get(object, 'name'));
  return namespace === null || name === null ? null : canonicalJob({ namespace, name });
}

/** jobDependencies (1-0-1): jobs whose runs must come before (upstream) or come after (downstream) this one. */
export function dependenciesOf(job: AssetName, facet: JsonObject | null): AssetElement[] {
  const elements: AssetElement[] = [];
  for (const [key, list] of [
    ['upstream', listOf(get(facet, 'upstream'))],
    ['downstream', listOf(get(facet, 'downstream'))],
  ] as const) {
    for (const item of list) {
      const name = jobName(objectOf(get(objectOf(item), 'job')));
      if (name === null || (name.namespace === job.namespace && name.name === job.name)) continue;
      const other: AssetName = { kind: 'job', ...name };
      elements.push(
        key === 'upstream' ? { kind: 'TRIGGERS', from: other, to: job } : { kind: 'TRIGGERS', from: job, to: other },
      );
    }
  }
  return elements;
}
