/** The change feed, applied one change after the other to nothing: the current graph, if the feed keeps its promise. */
import type { Change } from '../../libs/lineage/changes.ts';
import type { CurrentFacet, CurrentGraph, CurrentNode } from './reference-fold.ts';

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, infer V>> ? Record<string, V> : T[K];
};

export function foldChanges(changes: readonly Change[]): CurrentGraph {
  const graph: Mutable<Omit<CurrentGraph, 'dropped'>> = {
    nodes: {},
    aliases: {},
    processing: {},
    edges: {},
    columnEdges: {},
    fields: {},
    facets: {},
  };
  const dropped = new Set<string>();
  for (const { kind, subject, before, after } of changes) {
    switch (kind) {
      case 'node.added':
        graph.nodes[subject] = after as CurrentNode;
        break;
      case 'node.removed':
        for (const part of [graph.nodes, graph.aliases, graph.fields, graph.facets]) delete part[subject];
        dropped.delete(subject);
        break;
      case 'aliases.changed':
        put(graph.aliases, subject, after as readonly string[]);
        break;
      case 'lifecycle.changed':
        if (after === 'DROPPED') dropped.add(subject);
        else dropped.delete(subject);
        break;
      case 'job.type':
        if (after === 'BATCH') delete graph.processing[subject];
        else graph.processing[subject] = after as 'STREAMING' | 'SERVICE';
        break;
      case 'fields.changed':
        put(graph.fields, subject, after as CurrentGraph['fields'][string]);
        break;
      case 'facet.changed':
        put(
          graph.facets,
          subject,
          withFacet(graph.facets[subject] ?? [], before as CurrentFacet | null, after as CurrentFacet | null),
        );
        break;
      case 'lineage.changed':
        replace(graph.edges, [before].filter(isEdge), [after].filter(isEdge));
        break;
      case 'columns.changed':
        replace(graph.columnEdges, before as ColumnShown[], after as ColumnShown[]);
        break;
      default:
        // What happened to runs, flow and the past is no part of the current graph.
        break;
    }
  }
  return { ...graph, dropped: [...dropped].sort() };
}

type EdgeShown = CurrentGraph['edges'][string] & { readonly id: string };
type ColumnShown = CurrentGraph['columnEdges'][string] & { readonly id: string };

const isEdge = (edge: unknown): edge is EdgeShown => edge !== null;

/** An empty list is the same as none. */
function put<T>(part: Record<string, readonly T[]>, subject: string, list: readonly T[]): void {
  if (list.length === 0) delete part[subject];
  else part[subject] = list;
}

function replace<T extends { readonly id: string }>(
  part: Record<string, Omit<T, 'id'>>,
  gone: readonly T[],
  come: readonly T[],
): void {
  for (const { id } of gone) delete part[id];
  for (const { id, ...rest } of come) part[id] = rest;
}

function withFacet(
  facets: readonly CurrentFacet[],
  before: CurrentFacet | null,
  after: CurrentFacet | null,
): CurrentFacet[] {
  const key = ({ name, scope, source }: CurrentFacet): string => `${name}\n${scope}\n${source}`;
  const gone = before ?? after;
  const rest = gone === null ? [...facets] : facets.filter((facet) => key(facet) !== key(gone));
  if (after !== null) rest.push(after);
  return rest.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
