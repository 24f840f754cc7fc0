import type { FastifyRequest } from 'fastify';
import { badInput, GraphqlFailure } from './graphql-failure.ts';

/**
 * Only JSON: a page of another origin can post forms and text without asking the browser, but not JSON. Checked before
 * the body is read.
 */
export function checkContentType({ method, headers }: FastifyRequest): void {
  if (method !== 'POST') return;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return;
  throw new GraphqlFailure(
    'UNSUPPORTED_MEDIA_TYPE',
    `the content type is ${type ?? 'missing'}: send JSON, {"query": "…"}, as application/json`,
  );
}

/** Shapes that the engine would take for something else: an array for a parsed document, text for variables. */
export function checkBody({ method, body, query }: FastifyRequest): void {
  const asked: unknown = method === 'POST' ? body : query;
  if (!isObject(asked)) throw badInput('the body is no JSON object: send {"query": "…"}');
  if (typeof asked.query !== 'string' || asked.query === '') {
    throw badInput('query is missing, or is no text: send {"query": "…"}');
  }
  const { operationName, variables } = asked;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw badInput('operationName is no text');
  }
  const absent = variables === undefined || variables === null;
  if (!absent && (method === 'POST' ? !isObject(variables) : typeof variables !== 'string')) {
    throw badInput('variables are no JSON object');
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
