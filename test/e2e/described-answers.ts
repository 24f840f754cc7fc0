/** Holds answers against the OpenAPI document: status, and each key of the body, undescribed ones too. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { RawAnswer } from '../harness.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, object | undefined>>;
}

export class DescribedAnswers {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: unknown) {
    this.#document = closed(document) as Document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(this.#document, 'openapi');
  }

  /** What is otherwise than described: nothing. */
  faults(method: string, path: string, { status, json }: Pick<RawAnswer, 'status' | 'json'>): string[] {
    const template = this.#templateOf(path.split('?')[0] ?? '');
    if (template === null) return status === 404 ? [] : [`${path} is not described`];
    if (this.#document.paths[template]?.[method]?.responses[status] === undefined)
      return [`${method} ${template} is described without ${status}`];
    const pointer = ['paths', template, method, 'responses', String(status), 'content', 'application/json', 'schema'];
    const valid = this.#validator(pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/'));
    if (valid(json)) return [];
    return (valid.errors ?? []).map(({ instancePath, message, params }) =>
      [template, instancePath, message, JSON.stringify(params)].join(' '),
    );
  }

  #validator(pointer: string): ValidateFunction {
    const held = this.#compiled.get(pointer);
    if (held !== undefined) return held;
    const made = this.#ajv.compile({ $ref: `openapi#/${encodeURI(pointer)}` });
    this.#compiled.set(pointer, made);
    return made;
  }

  /** The most literal one: `/jobs/runs/{id}` has a path that `/jobs/{a}/{b}` would fit too. */
  #templateOf(path: string): string | null {
    const fitting = Object.keys(this.#document.paths).filter((template) =>
      new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
    return fitting.sort((a, b) => a.split('{').length - b.split('{').length)[0] ?? null;
  }
}

/** The same document, in which what has described keys has no others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isSchema = copy['type'] === 'object' && 'properties' in copy && !('additionalProperties' in copy);
  return isSchema ? { ...copy, additionalProperties: false } : copy;
}
