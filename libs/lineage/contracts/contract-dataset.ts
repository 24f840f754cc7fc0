/** Which datasets an object of a contract stands for: by the standard's `servers`, as OpenLineage names what lies there. */
import { assetId } from '../ids.ts';
import { canonicalDataset } from '../names/canonical.ts';
import { datasetFromLocation } from '../names/dataset-from-location.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of an object's `customProperties`: the dataset's id, or a list of ids, where a server can't tell it. */
export const DATASET_PROPERTY = 'headwaterDataset';

/**
 * @param servers of the contract; on each there is one
 * @returns node ids
 */
export function contractDatasets(servers: readonly unknown[], object: Json): readonly string[] {
  const told = listOf(object['customProperties']).find((one) => isObject(one) && one['property'] === DATASET_PROPERTY);
  if (isObject(told)) return [told['value']].flat().filter((id): id is string => typeof id === 'string');
  const name = text(object['physicalName']) ?? text(object['name']);
  if (name === null) return [];
  const found = servers.flatMap((server) => (isObject(server) ? (datasetOn(server, name) ?? []) : []));
  return [...new Set(found.map((dataset) => assetId({ kind: 'dataset', ...canonicalDataset(dataset) })))];
}

interface Name {
  readonly namespace: string;
  readonly name: string;
}

/** null: the server's kind has no name in OpenLineage, or lacks a part of it. */
function datasetOn(server: Json, table: string): Name | null {
  const part = (key: string): string | null => text(server[key]);
  const host = part('host');
  const port = typeof server['port'] === 'number' || typeof server['port'] === 'string' ? `:${server['port']}` : '';
  const at = (scheme: string, ...above: (string | null)[]): Name | null =>
    host === null || above.includes(null)
      ? null
      : {
          namespace: `${scheme}://${host}${port}`,
          name: within(
            above.flatMap((one) => one ?? []),
            table,
          ),
        };
  const [database, schema, catalog] = [part('database'), part('schema'), part('catalog')];
  switch (part('type')) {
    case 'postgres':
    case 'postgresql':
      return at('postgres', database, schema);
    case 'redshift':
    case 'db2':
      return at(part('type') ?? '', database, schema);
    case 'mysql':
    case 'hive':
      return at(part('type') ?? '', database);
    case 'sqlserver':
      return at('mssql', database, schema);
    case 'oracle':
      return at('oracle', part('serviceName'));
    case 'trino':
      return at('trino', catalog, schema);
    case 'databricks':
      return at('unitycatalog', catalog, schema);
    case 'snowflake': {
      const account = part('account');
      if (account === null || database === null || schema === null) return null;
      return { namespace: `snowflake://${account}`, name: within([database, schema], table) };
    }
    case 'bigquery': {
      const [project, dataset] = [part('project'), part('dataset')];
      return project === null || dataset === null
        ? null
        : { namespace: 'bigquery', name: within([project, dataset], table) };
    }
    case 'athena': {
      const region = part('regionName');
      return region === null || schema === null
        ? null
        : {
            namespace: `awsathena://athena.${region}.amazonaws.com`,
            name: within([catalog ?? 'AwsDataCatalog', schema], table),
          };
    }
    case 'kafka':
      return host === null ? null : { namespace: `kafka://${host}`, name: table };
    case 'pubsub': {
      const project = part('project');
      return project === null ? null : { namespace: 'pubsub', name: `topic:${project}:${table}` };
    }
    case 's3': {
      const location = part('location');
      return location === null ? null : datasetFromLocation(location);
    }
    default:
      return null;
  }
}

/** A name that says more than its table says the last parts of what is above it too: `sales.orders` in [shop, public]. */
function within(above: readonly string[], table: string): string {
  const said = table.split('.').length - 1;
  return [...above.slice(0, Math.max(0, above.length - said)), table].join('.');
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
