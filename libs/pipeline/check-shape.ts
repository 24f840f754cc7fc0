import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parseInstant } from '#lineage';

/** Errors of one event that are told; a client mends the first few and sees the rest next time. */
const MAX_ERRORS = 20;

const text = { type: 'string' };
const filled = { type: 'string', minLength: 1 };
const facets = { type: ['object', 'null'] };
const named = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: { namespace: filled, name: filled, facets, inputFacets: facets, outputFacets: facets },
};
const orNull = <T extends { readonly type: string }>(schema: T) => ({ ...schema, type: [schema.type, 'null'] });

/**
 * What an event needs to be one, and no more: real events come without schemaURL, with unknown event types and keys,
 * with null facets. Lists and facets are walked by hand (`each`): a validator that collects all errors would collect
 * as many as a hostile list has items.
 */
const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  // These are ours, and right: to compile the schema of schemas, and check them, would take most of a start's time here.
  meta: false,
  validateSchema: false,
});
const envelope = ajv.compile({
  type: 'object',
  required: ['eventTime', 'producer'],
  properties: {
    eventTime: text,
    producer: text,
    run: orNull({ type: 'object', required: ['runId'], properties: { runId: filled, facets } }),
    job: orNull(named),
    dataset: orNull(named),
    inputs: orNull({ type: 'array' }),
    outputs: orNull({ type: 'array' }),
  },
});
const item = ajv.compile(named);

type Json = Readonly<Record<string, unknown>>;

/**
 * What is wrong with a parsed value as an OpenLineage event, in Marquez's words (`inputs[0].name must not be null`);
 * empty: nothing. `mayHoldNul` is false where the text has no escaped NUL, which saves the walk that looks for it.
 */
export function checkShape(event: unknown, mayHoldNul: boolean): string[] {
  const errors = errorsOf(envelope, event, '');
  if (!isObject(event)) return errors;
  errors.push(...kindErrors(event));
  if (typeof event.eventTime === 'string' && parseInstant(event.eventTime) === null) {
    errors.push('eventTime must be an ISO 8601 date-time that exists');
  }
  facetErrors(event.run, 'run', errors);
  facetErrors(event.job, 'job', errors);
  facetErrors(event.dataset, 'dataset', errors);
  for (const list of ['inputs', 'outputs'] as const) {
    const items = event[list];
    if (!Array.isArray(items)) continue;
    for (let i = 0; i < items.length && errors.length < MAX_ERRORS; i++) {
      if (!item(items[i])) errors.push(...errorsOf(item, items[i], `${list}[${i}]`));
      facetErrors(items[i], `${list}[${i}]`, errors);
    }
  }
  if (mayHoldNul) nulErrors(event, '', errors);
  return errors.slice(0, MAX_ERRORS);
}

/**
 * An event is of one kind: run and job, job alone, or dataset alone. A dataset beside run and job is, as the spec's
 * schema has it, one more unknown key of a run event; beside a job alone it could be either kind. A job alone that calls
 * itself a run event has lost its run: taken as a job event, it would claim for ever what a run did once.
 */
function kindErrors(event: Json): string[] {
  const has = (key: string): boolean => event[key] !== undefined && event[key] !== null;
  if (has('run') && !has('job')) return ['job must not be null where run is given'];
  if (has('dataset') && has('job') && !has('run'))
    return ['dataset must not stand beside job: send them as two events'];
  if (!has('run') && has('job') && typeof event.schemaURL === 'string' && event.schemaURL.endsWith('/RunEvent'))
    return ['run must not be null where schemaURL says RunEvent'];
  if (!has('job') && !has('dataset')) return ['job must not be null, unless dataset is given alone'];
  return [];
}

/** Each facet is an object, or null for "says nothing". */
function facetErrors(owner: unknown, path: string, errors: string[]): void {
  if (!isObject(owner)) return;
  for (const group of ['facets', 'inputFacets', 'outputFacets'] as const) {
    const facetsOfGroup = owner[group];
    if (!isObject(facetsOfGroup)) continue;
    for (const name of Object.keys(facetsOfGroup)) {
      if (errors.length >= MAX_ERRORS) return;
      const facet = facetsOfGroup[name];
      if (facet !== null && !isObject(facet)) errors.push(`${path}.${group}.${shown(name)} must be an object`);
    }
  }
}

const NAMING = new Set(['namespace', 'name', 'field', 'runId']);

/** NUL in what names a thing, at any depth: stores cut text there, so two names would become one. */
function nulErrors(value: unknown, path: string, errors: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (errors.length >= MAX_ERRORS) return;
    const at = Array.isArray(value) ? `${path}[${key}]` : path === '' ? shown(key) : `${path}.${shown(key)}`;
    if (key.includes('\0')) errors.push(`${at} must not hold NUL in its key`);
    if (typeof child === 'string' && NAMING.has(key) && child.includes('\0')) errors.push(`${at} must not hold NUL`);
    nulErrors(child, at, errors);
  }
}

function errorsOf(validate: ValidateFunction, value: unknown, path: string): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map((error) => errorText(error, path));
}

function errorText(error: ErrorObject, prefix: string): string {
  const below = error.instancePath.replaceAll('/', '.');
  const path = prefix === '' ? below.slice(1) : `${prefix}${below}`;
  const subject = path === '' ? 'the event' : path;
  switch (error.keyword) {
    case 'required':
      return `${path === '' ? '' : `${path}.`}${String(error.params.missingProperty)} must not be null`;
    case 'minLength':
      return `${subject} must not be empty`;
    default:
      return error.data === null ? `${subject} must not be null` : `${subject} must be ${kindOf(error.params.type)}`;
  }
}

function kindOf(type: unknown): string {
  const [kind] = Array.isArray(type) ? (type as unknown[]) : String(type).split(',');
  return kind === 'object' || kind === 'array' ? `an ${String(kind)}` : `a ${String(kind)}`;
}

/** A key from the outside as it is told: short, and without control characters. */
function shown(key: string): string {
  const plain = JSON.stringify(key).slice(1, -1);
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
