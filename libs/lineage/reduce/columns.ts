/** The columnLineage facet (1-2-0, and the older one with a transformation per output field) → column edges. */
import type { ColumnElement, Name } from '../delta.ts';
import { canonicalDataset, canonicalField } from '../names/canonical.ts';
import { get, type JsonObject, listOf, objectOf, textOf } from './json.ts';

/** The transformations of one input, as the spec's `transformations` array has them. */
export interface SaidTransformation {
  readonly type: string;
  readonly subtype: string;
  readonly description?: string;
  readonly masking?: boolean;
}

export function columnsOfFacet(output: Name, facet: JsonObject | null): ColumnElement[] {
  if (facet === null || get(facet, '_deleted') === true) return [];
  const elements: ColumnElement[] = [];
  const fields = objectOf(get(facet, 'fields'));
  for (const toField of fields === null ? [] : Object.keys(fields)) {
    const entry = objectOf(get(fields, toField));
    const older = olderTransformation(entry);
    for (const input of listOf(get(entry, 'inputFields')))
      pushColumn(elements, output, toField, objectOf(input), older);
  }
  for (const input of listOf(get(facet, 'dataset'))) pushColumn(elements, output, '', objectOf(input), NOTHING_SAID);
  return elements;
}

function pushColumn(
  elements: ColumnElement[],
  to: Name,
  toField: string,
  input: JsonObject | null,
  otherwise: readonly SaidTransformation[],
): void {
  const namespace = textOf(get(input, 'namespace'));
  const name = textOf(get(input, 'name'));
  const fromField = textOf(get(input, 'field'));
  if (namespace === null || name === null || fromField === null) return;
  const from = canonicalDataset({ namespace, name });
  const said = transformationsOf(get(input, 'transformations'));
  for (const transformation of said.length > 0 ? said : otherwise) {
    elements.push({
      kind: 'COLUMN',
      from,
      fromField: canonicalField(from, fromField),
      to,
      toField: toField === '' ? '' : canonicalField(to, toField),
      ...transformation,
    });
  }
}

const NOTHING_SAID: readonly SaidTransformation[] = [{ type: '', subtype: '' }];

export function transformationsOf(list: unknown): SaidTransformation[] {
  const result: SaidTransformation[] = [];
  for (const item of listOf(list)) {
    const object = objectOf(item);
    if (object === null) continue;
    const description = textOf(get(object, 'description'));
    const masking = get(object, 'masking');
    result.push({
      type: textOf(get(object, 'type')) ?? '',
      subtype: textOf(get(object, 'subtype')) ?? '',
      ...(description === null ? {} : { description }),
      ...(typeof masking === 'boolean' ? { masking } : {}),
    });
  }
  return result;
}

/** Up to 1-0-x the output field carried transformationType IDENTITY or MASKED. */
function olderTransformation(entry: JsonObject | null): readonly SaidTransformation[] {
  const type = textOf(get(entry, 'transformationType'));
  const description = textOf(get(entry, 'transformationDescription'));
  if (type === null && description === null) return NOTHING_SAID;
  const known = type?.toUpperCase();
  return [
    {
      type: known === 'IDENTITY' || known === 'MASKED' ? 'DIRECT' : (type ?? ''),
      subtype: known === 'IDENTITY' ? 'IDENTITY' : known === 'MASKED' ? 'TRANSFORMATION' : '',
      ...(description === null ? {} : { description }),
      ...(known === 'MASKED' ? { masking: true } : {}),
    },
  ];
}
