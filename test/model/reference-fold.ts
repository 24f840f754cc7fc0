/**
 * The reference: `graph(events)` of docs/semantics.md, executed as it is written. No index, no cache, nothing
 * incremental: the whole set is folded each time. Stores are held against it after every batch of every shuffled
 * history; where the two differ, the page decides which one is wrong.
 *
 * ```
 * deltas ─▶ sortedSet ─▶ fold-runs ─▶ fold-claims ───────▶ export-lines
 *            (t, h)          │    └─▶ fold-streams ──────▶      │
 *                            └──────▶ resolve-names ─────▶      └─▶ lines sorted by (kind, id)
 * ```
 */
import { canonicalJson } from '../../libs/lineage/canonical-json.ts';
import type { Delta, FacetScope, ProcessingType } from '../../libs/lineage/delta.ts';
import type { EdgeKind, SchemaField } from '../../libs/lineage/read-model.ts';
import { referenceGraph } from './export-lines.ts';

/** The export that a store must give after these deltas, whatever order it got them in. */
export function referenceExport(deltas: readonly Delta[]): string[] {
  return referenceGraph(deltas).lines.map((line) => canonicalJson(line));
}

export interface CurrentNode {
  readonly kind: 'dataset' | 'job';
  readonly namespace: string;
  readonly name: string;
}

export interface CurrentFacet {
  readonly scope: FacetScope;
  readonly name: string;
  readonly source: string;
  readonly value: unknown;
}

/** The current graph as plain values: what the change feed, applied one after the other to nothing, must give. */
export interface CurrentGraph {
  readonly nodes: Readonly<Record<string, CurrentNode>>;
  /** Nodes without aliases are left out; so are active datasets, batch jobs and nodes without facets or fields below. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  readonly dropped: readonly string[];
  readonly processing: Readonly<Record<string, ProcessingType>>;
  /** By edge id. */
  readonly edges: Readonly<Record<string, { readonly kind: EdgeKind; readonly from: string; readonly to: string }>>;
  readonly columnEdges: Readonly<
    Record<
      string,
      {
        readonly from: string;
        readonly to: string;
        readonly job: string | null;
        readonly type: string | null;
        readonly subtype: string | null;
      }
    >
  >;
  /** The schema shown, by dataset. */
  readonly fields: Readonly<Record<string, readonly SchemaField[]>>;
  /** Sorted by (name, scope, source). */
  readonly facets: Readonly<Record<string, readonly CurrentFacet[]>>;
}

export function referenceCurrent(deltas: readonly Delta[]): CurrentGraph {
  const { lines, schemas } = referenceGraph(deltas);
  const assets = lines.flatMap((line) => (line.kind === 'dataset' || line.kind === 'job' ? line : []));
  const edges = lines.flatMap((line) => (line.kind === 'edge' ? line : [])).filter(isCurrent);
  const columnEdges = lines.flatMap((line) => (line.kind === 'columnEdge' ? line : [])).filter(isCurrent);
  return {
    nodes: Object.fromEntries(assets.map(({ id, kind, namespace, name }) => [id, { kind, namespace, name }])),
    aliases: Object.fromEntries(assets.flatMap(({ id, aliases }) => (aliases.length > 0 ? [[id, aliases]] : []))),
    dropped: assets.flatMap((line) => (line.kind === 'dataset' && line.lifecycle === 'DROPPED' ? line.id : [])),
    processing: Object.fromEntries(
      assets.flatMap((line) =>
        line.kind === 'job' && line.processingType !== 'BATCH' ? [[line.id, line.processingType]] : [],
      ),
    ),
    edges: Object.fromEntries(edges.map(({ id, edge, from, to }) => [id, { kind: edge, from, to }])),
    columnEdges: Object.fromEntries(
      columnEdges.map(({ id, from, to, job, type, subtype }) => [id, { from, to, job, type, subtype }]),
    ),
    fields: Object.fromEntries([...schemas].map(([id, { fields }]) => [id, fields])),
    facets: Object.fromEntries(
      assets.flatMap(({ id, facets }) => {
        const served = Object.keys(facets)
          .sort()
          .flatMap((name) =>
            (facets[name] ?? []).map(({ scope, source, value }): CurrentFacet => ({ scope, name, source, value })),
          );
        return served.length > 0 ? [[id, served]] : [];
      }),
    ),
  };
}

const isCurrent = ({ intervals }: { readonly intervals: readonly { readonly to: string | null }[] }): boolean =>
  intervals.some(({ to }) => to === null);
