import type { ColumnEdge, FieldRef } from '#lineage';
import type { AssetNames } from './asset-names.ts';
import type { DatasetVersions } from './dataset-versions.ts';

export interface TransformationJson {
  readonly transformationDescription: string | null;
  readonly transformationType: string | null;
}

export interface InputFieldJson extends TransformationJson {
  readonly namespace: string;
  readonly dataset: string;
  readonly datasetVersion: string | null;
  readonly field: string;
}

/**
 * The fields that one field comes from, each once, sorted. Marquez has room for one transformation of a pair of fields:
 * one by which values flow (DIRECT, or a word of the older facet) stands before one that only filters or joins
 * (INDIRECT). The field itself carries the transformation that all its inputs share, as the older facet had it.
 */
export function inputFields(
  arriving: readonly ColumnEdge[],
  fields: ReadonlyMap<string, FieldRef>,
  names: AssetNames,
  versions: DatasetVersions | null,
): { readonly inputs: readonly InputFieldJson[]; readonly transformation: TransformationJson } {
  const strongest = new Map<string, ColumnEdge>();
  for (const edge of [...arriving].sort(byStrength)) if (!strongest.has(edge.from)) strongest.set(edge.from, edge);
  const inputs = [...strongest.values()]
    .sort((a, b) => (a.from < b.from ? -1 : 1))
    .flatMap((edge) => {
      const from = fields.get(edge.from);
      if (from === undefined) return [];
      const { namespace, name } = names.name(from.dataset);
      const datasetVersion = versions?.current(from.dataset).uuid ?? null;
      return [{ namespace, dataset: name, datasetVersion, field: from.name, ...transformationJson(edge) }];
    });
  return {
    inputs,
    transformation: {
      transformationDescription: shared(inputs.map((input) => input.transformationDescription)),
      transformationType: shared(inputs.map((input) => input.transformationType)),
    },
  };
}

/** Column edges by the field that they arrive at. */
export function byTarget(edges: readonly ColumnEdge[]): ReadonlyMap<string, readonly ColumnEdge[]> {
  const into = new Map<string, ColumnEdge[]>();
  for (const edge of edges) {
    const held = into.get(edge.to);
    if (held === undefined) into.set(edge.to, [edge]);
    else held.push(edge);
  }
  return into;
}

/** The finer word where there is one: IDENTITY rather than DIRECT. */
function transformationJson({ transformation }: ColumnEdge): TransformationJson {
  return {
    transformationDescription: transformation.description,
    transformationType: transformation.subtype || transformation.type || null,
  };
}

function byStrength(a: ColumnEdge, b: ColumnEdge): number {
  const strength = Number(a.transformation.type === 'INDIRECT') - Number(b.transformation.type === 'INDIRECT');
  return strength === 0 ? (a.id < b.id ? -1 : 1) : strength;
}

function shared(values: readonly (string | null)[]): string | null {
  const [first = null] = values;
  return values.every((value) => value === first) ? first : null;
}
