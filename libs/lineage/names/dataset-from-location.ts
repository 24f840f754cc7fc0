import type { Name } from '../delta.ts';
import { containerOf, hostsOf } from './without-credentials.ts';

/**
 * The dataset at a location, named as OpenLineage's Java client names it (its FilesystemDatasetUtils). Total.
 *
 * ```
 * s3a://lake/raw/orders/     (s3://lake, raw/orders)        hdfs://nn:8020/raw   (hdfs://nn:8020, /raw)
 * file:///raw, /raw          (file, /raw)                   dbfs:/raw            (dbfs, /raw)
 * ```
 *
 * @param table a table kept there that is known by name: see `datasetFromLocationAndName`
 */
export function datasetFromLocation(uri: string, table?: string | null): Name {
  if (table !== undefined && table !== null) return datasetFromLocationAndName(uri, table);
  const { scheme, authority, path } = locationOf(uri);
  const name = decodedPath(path);
  if (scheme === 'file') return { namespace: 'file', name: orRoot(withoutLastSlashes(name)) };
  const store = OBJECT_STORES.get(scheme);
  if (store !== undefined) return { namespace: `${store}://${authority ?? ''}`, name: keyOf(name) };
  const namespace = authority === undefined || authority === '' ? scheme : `${scheme}://${authority}`;
  return { namespace, name: orRoot(withoutLastSlashes(name)) };
}

/**
 * A table that is known by name and kept in a warehouse: the location is its namespace.
 *
 * ```
 * (s3://lake/warehouse/, default.orders)   (s3://lake/warehouse, default.orders)
 * (/warehouse, default.orders)             (file:/warehouse, default.orders)
 * ```
 */
export function datasetFromLocationAndName(uri: string, name: string): Name {
  const { scheme, authority, path } = locationOf(uri);
  const place = withoutLastSlashes(path);
  const store = OBJECT_STORES.get(scheme);
  if (store !== undefined) return { namespace: `${store}://${authority ?? ''}${place}`, name: keyOf(name) };
  const isLocal = scheme === 'file' && (authority ?? '') === '';
  const base = authority === undefined || isLocal ? `${scheme}:${place}` : `${scheme}://${authority}${place}`;
  // The root of a scheme is the scheme alone.
  return { namespace: base.replace(/:\/*$/, ''), name: orRoot(withoutLastSlashes(name)) };
}

const OBJECT_STORES: ReadonlyMap<string, string> = new Map([
  ['s3', 's3'],
  ['s3a', 's3'],
  ['s3n', 's3'],
  ['gs', 'gs'],
  ['gcs', 'gs'],
  ['abfs', 'abfss'],
  ['abfss', 'abfss'],
  ['wasb', 'wasbs'],
  ['wasbs', 'wasbs'],
]);

interface Location {
  readonly scheme: string;
  /** undefined: the location has no `//`. */
  readonly authority: string | undefined;
  readonly path: string;
}

// One letter before the colon is a drive, not a scheme: C:/data.
const LOCATION = /^(?:([A-Za-z][A-Za-z0-9+.-]+):)?(?:\/\/([^/?#]*))?([^?]*)/;

function locationOf(uri: string): Location {
  const [, scheme, authority, path = ''] = LOCATION.exec(uri.trim()) ?? [];
  if (scheme === undefined) return { scheme: 'file', authority: undefined, path: uri.trim().replace(/^\/{2,}/, '/') };
  const lower = scheme.toLowerCase();
  const store = OBJECT_STORES.get(lower);
  const isContainer = store === 'abfss' || store === 'wasbs';
  const hosts = authority === undefined ? undefined : isContainer ? containerOf(authority) : hostsOf(authority);
  // file:///x and file:/x, dbfs:///x and dbfs:/x are one path.
  return {
    scheme: lower,
    authority: hosts,
    path: hosts === undefined || hosts === '' ? path.replace(/^\/{2,}/, '/') : path,
  };
}

function decodedPath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a percent sign that is part of a file's name
  }
}

const orRoot = (path: string): string => (path === '' ? '/' : path);

const keyOf = (path: string): string => orRoot(withoutLastSlashes(path.replace(/^\/+/, '')));

function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (path.charAt(end - 1) === '/') end--;
  return path.slice(0, end);
}
