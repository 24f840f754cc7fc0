/**
 * How much a writer remembers of what it wrote, by entries; beyond, what it has held longest is read again when it comes
 * up. A job's event asks for about four of most of these: so five thousand busy jobs are known by heart, and a hub that a
 * hundred thousand come to holds no more of them than one that has ten thousand. Full they take some 130 MB together, measured with
 * datasets of ten columns.
 */
export const REMEMBERED = {
  /** Datasets; half as many jobs. */
  names: 50_000,
  timelines: 20_000,
  streams: 20_000,
  /** Under way at a time: a run that ended is seldom spoken of again. */
  runs: 4_000,
  /** Of edges and columns, where a statement differs from the one before. */
  elements: 20_000,
  /** Numbers in sets of elements, with 16 for each set. */
  setNumbers: 600_000,
  /** Jobs, or datasets, of which something is watched or said. */
  assets: 10_000,
  /** UTF-16 units of facets as they are served. */
  facets: 4_000_000,
  /** UTF-16 units of schemas, SQL and the like. */
  contents: 3_000_000,
} as const;
