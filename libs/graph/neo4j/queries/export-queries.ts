/** The whole graph, kind by kind. These scan, since an export is of everything; nothing else may. */
export const EXPORT_DATASETS = 'MATCH (n:Dataset) RETURN properties(n) AS p';
export const EXPORT_JOBS = 'MATCH (n:Job) RETURN properties(n) AS p';
/** Those that a schema shows. */
export const EXPORT_FIELDS = 'MATCH (n:Field) WHERE n.ordinal IS NOT NULL RETURN properties(n) AS p';
export const EXPORT_MERGES = 'MATCH (n:DatasetMerge) RETURN properties(n) AS p';
export const EXPORT_ANNOTATIONS = 'MATCH (n:Annotation) RETURN properties(n) AS p';
export const EXPORT_TAGS = 'MATCH (n:Tag) RETURN properties(n) AS p';
export const EXPORT_RUNS = 'MATCH (n:Run) RETURN properties(n) AS p';
export const EXPORT_JOB_VERSIONS = 'MATCH (n:JobVersion) RETURN properties(n) AS p';
export const EXPORT_SCHEMA_VERSIONS = 'MATCH (n:SchemaVersion) RETURN properties(n) AS p';
export const EXPORT_ACTIVITY = 'MATCH (n:ActivityHour) RETURN properties(n) AS p';
export const EXPORT_EDGES = `
MATCH (a:Asset)-[e:READS|WRITES|MAY_READ|MAY_WRITE|TRIGGERS|PARENT|FEEDS]->(b:Asset)
RETURN properties(e) AS p, type(e) AS kind, a.id AS from, b.id AS to`;
export const EXPORT_COLUMN_EDGES = `
MATCH (b:Field)-[e:DERIVES_FROM]->(a:Field)
RETURN properties(e) AS p, a.id AS from, b.id AS to`;
/** Beside the edges: when each job said last what it says of them. */
export const EXPORT_LAST_SAID = 'MATCH (n:Job) WHERE n.said IS NOT NULL RETURN n.id AS job, n.said AS said';
