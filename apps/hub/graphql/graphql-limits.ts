/** What one operation may ask for. Past them it is refused with what to ask for instead, before anything is read. */
export interface GraphqlLimits {
  /** Bytes of a request. */
  readonly bodyBytes: number;
  /** Tokens of a document. */
  readonly tokens: number;
  /** Fields inside fields. The introspection query of common clients needs 15. */
  readonly depth: number;
  /** Values in the answer, as `queryCost` estimates them. */
  readonly cost: number;
  /** `first`. */
  readonly page: number;
  /** `limit` of a lineage. */
  readonly lineage: number;
  /** `depth` of a lineage. */
  readonly lineageDepth: number;
  /** Ids in one argument. */
  readonly ids: number;
  /** Characters of a search. */
  readonly searchText: number;
  /** Changes that wait for one slow subscriber before it is cut off. */
  readonly waitingChanges: number;
}

export const DEFAULT_GRAPHQL_LIMITS: GraphqlLimits = {
  bodyBytes: 1024 * 1024,
  tokens: 2000,
  depth: 20,
  cost: 1_000_000,
  page: 500,
  lineage: 5000,
  lineageDepth: 100,
  ids: 100,
  searchText: 500,
  waitingChanges: 10_000,
};
