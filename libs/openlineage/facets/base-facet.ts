/**
 * What every facet carries (core spec 2-0-2, BaseFacet).
 *
 * Facets are type aliases and not interfaces on purpose: an alias of an object type fits the string index of the
 * facet containers (`RunFacets` …), an interface doesn't, and with an index on each facet instead a misspelt field
 * would compile.
 */
export type BaseFacet = {
  /** URI of the code that wrote this facet, with its version: `https://github.com/acme/etl/tree/1.4.0`. */
  _producer: string;
  /** URI of the facet's definition: `https://openlineage.io/spec/facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet`. */
  _schemaURL: string;
};

/** On `run.facets` (core spec, RunFacet). */
export type RunFacet = BaseFacet;

/** On `job.facets` (core spec, JobFacet). */
export type JobFacet = BaseFacet & {
  /** True retracts what this facet said of the job before. */
  _deleted?: boolean;
};

/** On `facets` of any dataset (core spec, DatasetFacet). */
export type DatasetFacet = BaseFacet & {
  /** True retracts what this facet said of the dataset before. */
  _deleted?: boolean;
};

/** On `inputFacets` of an input dataset: what this one reading saw (core spec, InputDatasetFacet). */
export type InputDatasetFacet = BaseFacet;

/** On `outputFacets` of an output dataset: what this one writing did (core spec, OutputDatasetFacet). */
export type OutputDatasetFacet = BaseFacet;

/** A facet that this library has no type for: any further fields. */
export type CustomFacet = BaseFacet & { _deleted?: boolean; [field: string]: unknown };

/**
 * A retraction in the place of facet `F`. Its other fields read as `undefined`, so that code which reads
 * `job.facets.sql.query` has to say what it does when the SQL was retracted.
 */
export type DeletedFacet<F extends BaseFacet = BaseFacet> = BaseFacet & { _deleted: true } & {
  [K in Exclude<keyof F, keyof BaseFacet | '_deleted'>]?: never;
};

/** Each known facet, or its retraction: for jobs and datasets, the two kinds of facets that can be retracted. */
export type OrDeleted<Known> = {
  [K in keyof Known]: Known[K] | DeletedFacet<Extract<NonNullable<Known[K]>, BaseFacet>>;
};

/** The values that the spec names, while any other string is allowed: editors offer the names, nothing is refused. */
export type Open<Known extends string> = Known | (string & Record<never, never>);
