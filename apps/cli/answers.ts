import { z } from 'zod';

/** What the commands read of GraphQL answers: checked where they come in, so that a hub of another version is told. */
const cut = z.object({ at: z.string(), why: z.string(), hidden: z.number().nullable() });

const evidence = z.object({
  source: z.string(),
  how: z.string(),
  confidence: z.string(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  sql: z.string().nullable(),
  event: z
    .object({ id: z.string(), type: z.string().nullable(), eventTime: z.string(), producer: z.string() })
    .nullable(),
});

const edge = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  kind: z.string(),
  confidence: z.string(),
  current: z.boolean(),
});

export const lineageAnswer = z.object({
  lineage: z.object({
    nodes: z.array(z.object({ id: z.string() })),
    edges: z.array(edge),
    cut: z.array(cut),
    unknown: z.array(z.string()),
  }),
});

export const edgeAnswer = z.object({
  edge: z
    .object({
      id: z.string(),
      from: z.string(),
      to: z.string(),
      kind: z.string().optional(),
      job: z.string().nullish(),
      current: z.boolean(),
      confidence: z.string(),
      intervals: z.array(z.object({ from: z.string(), to: z.string().nullable() })),
      evidence: z.array(evidence),
      merges: z.array(
        z.object({
          alias: z.string(),
          into: z.string(),
          by: z.string(),
          at: z.string(),
          reason: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
});

export type EdgeShown = NonNullable<z.output<typeof edgeAnswer>['edge']>;

export const LINEAGE_QUERY = `query ($of: [ID!]!, $direction: Direction!, $depth: Int!, $limit: Int!, $asOf: DateTime) {
  lineage(of: $of, direction: $direction, depth: $depth, limit: $limit, asOf: $asOf) {
    nodes { id } edges { id from to kind confidence current } cut { at why hidden } unknown
  }
}`;

const EDGE_FIELDS = `id from to current confidence intervals { from to }
    evidence { source how confidence firstSeen lastSeen sql event { id type eventTime producer } }
    merges { alias into by at reason }`;

export const EDGE_QUERY = `query ($id: ID!) {
  edge(id: $id) { ... on LineageEdge { kind ${EDGE_FIELDS} } ... on ColumnEdge { job ${EDGE_FIELDS} } }
}`;

const known = z.object({ id: z.string() }).nullable();

export const endsAnswer = z.object({ from: known, to: known });

export const ENDS_QUERY = 'query ($from: ID!, $to: ID!) { from: node(id: $from) { id } to: node(id: $to) { id } }';

export const edgesAnswer = z.object({
  edges: z.object({ edges: z.array(z.object({ id: z.string(), from: z.string(), to: z.string() })) }),
});

/** The edges that go out of a node, or of a field: columns have lineage of their own. */
export function edgesOutOf(id: string): string {
  const lineage = id.startsWith('datasetField:') ? 'columnLineage' : 'lineage';
  return `query ($of: [ID!]!) {
  edges: ${lineage}(of: $of, direction: DOWNSTREAM, depth: 1, limit: 5000) { edges { id from to } }
}`;
}
