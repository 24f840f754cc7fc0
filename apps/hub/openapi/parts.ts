import type { SCHEMAS } from './schemas.ts';

export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<number, object>>;
  readonly security?: readonly object[];
}

export type PathItem = Readonly<Partial<Record<'get' | 'post' | 'put' | 'delete', Operation>>>;

/** A JSON body of one of the shared shapes. */
export function json(schema: keyof typeof SCHEMAS): object {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'Not readable: no JSON, cut off, a parameter out of range',
  401: 'A key is asked for, and none or an unknown one came',
  403: 'The key lacks the scope, or a page of another site asks',
  404: 'Not known here',
  413: 'Larger than the limits allow',
  415: 'A type or encoding that is not taken',
  422: 'JSON, but no OpenLineage event',
  429: 'More waits than may; Retry-After says when to come again',
  503: 'Can not be made durable now',
  504: 'The position of Headwater-After was not applied in time',
};

export function errors(...statuses: readonly number[]): Record<number, object> {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: MEANINGS[status] ?? 'Error', content: json('Error') }]),
  );
}

/** Read your own write. */
export const after = {
  name: 'Headwater-After',
  in: 'header',
  schema: { type: 'string' },
  description: 'A position: the answer waits until it and all before it are applied, 30 s at most',
};

export function inPath(name: string, description: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string' }, description };
}

export function inQuery(name: string, schema: object, description?: string): object {
  return { name, in: 'query', schema, ...(description === undefined ? {} : { description }) };
}
