import type { Name } from '../delta.ts';
import { canonicalNamespace } from './canonical-namespace.ts';
import { snowflakeName } from './snowflake-name.ts';
import { withoutCredentials } from './without-credentials.ts';

/**
 * The one name of a dataset, whichever producer wrote it. A pure function of (namespace, name), so that what a dataset
 * is called can't depend on which other names exist; total, and idempotent.
 *
 * ```
 * (postgresql://DB, shop.public.orders)      (postgres://db:5432, shop.public.orders)
 * (s3a://lake, /raw/orders/)                 (s3://lake, raw/orders)
 * (snowflake://XY12345, shop.public.orders)  (snowflake://xy12345.us-west-1.aws, SHOP.PUBLIC.ORDERS)
 * ```
 *
 * What is not known to be the same stays apart: names keep their case (but for Snowflake's), and namespaces of other
 * schemes lose nothing but credentials.
 */
export function canonicalDataset(dataset: Name): Name {
  const namespace = canonicalNamespace(dataset.namespace);
  return { namespace, name: canonicalNameIn(namespace, dataset.name) };
}

/**
 * The one name of a job. A job's namespace is free text that a person chose (`airflow`, `spark://localhost:10000`), so
 * it is only trimmed, and rid of credentials where it is a URL; the name stays as it is. Total and idempotent.
 */
export const canonicalJob = (job: Name): Name => ({
  namespace: withoutCredentials(job.namespace.trim()),
  name: job.name,
});

/** The one form of a run's id: a UUID has no case, and some clients write it in capitals. Any other text is as it is. */
export const canonicalRunId = (runId: string): string => (UUID.test(runId) ? runId.toLowerCase() : runId);

const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** The canonical form of a field of a dataset whose namespace is canonical: Snowflake folds columns as it folds tables. */
export const canonicalField = (dataset: Name, field: string): string =>
  dataset.namespace.startsWith('snowflake://') ? snowflakeName(field) : field;

function canonicalNameIn(namespace: string, name: string): string {
  if (namespace.startsWith('snowflake://')) return snowflakeName(name);
  if (OBJECT_STORE.test(namespace)) return trimmedKey(name);
  if (FILE_SYSTEM.test(namespace)) return withoutLastSlash(name);
  return name;
}

const OBJECT_STORE = /^(?:s3|gs|abfss|wasbs):\/\//;
const FILE_SYSTEM = /^(?:file|dbfs|hdfs)(?:$|:)/;

/** The key of an object: no slash at either end; the root of the bucket is `/`. */
function trimmedKey(name: string): string {
  const first = name.charCodeAt(0);
  if (first !== SLASH && name.charCodeAt(name.length - 1) !== SLASH) return name === '' ? '/' : name;
  let from = 0;
  while (name.charCodeAt(from) === SLASH) from++;
  return withoutLastSlash(name.slice(from));
}

/** A path without its last slashes; the root has one, and no path is the root. */
function withoutLastSlash(path: string): string {
  if (path === '') return '/';
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === SLASH) end--;
  return end === path.length ? path : path.slice(0, end);
}

const SLASH = 47;
