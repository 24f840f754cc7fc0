import type { Name } from '../delta.ts';
import { oracleDescriptor } from './oracle-descriptor.ts';
import { hostsOf, withoutSecretParameters } from './without-credentials.ts';

/**
 * The dataset that a table of a JDBC connection is, named as OpenLineage's Java client names it (its JdbcDatasetUtils):
 * the namespace is `scheme://host:port`, the name is the table behind the database that the URL connects to.
 *
 * ```
 * jdbc:postgresql://db/shop          public.orders    (postgres://db:5432, shop.public.orders)
 * jdbc:mysql://h1,h2:3307/shop       orders           (mysql://h1:3306,h2:3307, shop.orders)
 * jdbc:oracle:thin:@db:1521:orcl     shop.orders      (oracle://db:1521, orcl.shop.orders)
 * jdbc:sqlserver://db\i;database=d   dbo.orders       (sqlserver://db/i, d.dbo.orders)
 * ```
 *
 * It says what a client says (`sqlserver://…`, not the `mssql://…` that `canonicalDataset` makes of it). Total: of a URL
 * that isn't understood the namespace is the URL itself, without credentials and query string.
 */
export function datasetFromJdbcUrl(url: string, table: string): Name {
  const uri = url.trim().replace(/^jdbc:/i, '');
  const subprotocol = /^[\w+]+/.exec(uri)?.[0].toLowerCase() ?? '';
  const location = (READERS.get(subprotocol) ?? anyServer)(uri);
  if (location === null) return { namespace: uninterpreted(uri), name: table };
  const { namespace, database, schema, qualified } = location;
  const parts = table.split('.').length;
  if (database === undefined || database === '' || (qualified !== undefined && parts >= qualified)) {
    return { namespace, name: table };
  }
  return {
    namespace,
    name: schema !== undefined && parts < 2 ? `${database}.${schema}.${table}` : `${database}.${table}`,
  };
}

interface JdbcLocation {
  readonly namespace: string;
  readonly database?: string | undefined;
  /** Trino's URLs may name one, for tables that don't. */
  readonly schema?: string;
  /** So many parts make a table's name complete: where database and schema are one, a qualified table names its own. */
  readonly qualified?: number;
}

/** What `scheme://host1:1,host2/database` says, before ports are added. */
interface Server {
  readonly scheme: string;
  readonly authority: string;
  readonly database: string | undefined;
}

type Reader = (uri: string) => JdbcLocation | null;

const namespaceOf = (scheme: string, authority: string): string => `${scheme}://${authority.toLowerCase()}`;

const server =
  (scheme: string, port: number, qualified?: number): Reader =>
  (uri) => {
    const found = serverOf(uri);
    if (found === null) return null;
    const namespace = namespaceOf(scheme, withDefaultPort(found.authority, port));
    return { namespace, database: found.database, ...(qualified === undefined ? {} : { qualified }) };
  };

function anyServer(uri: string): JdbcLocation | null {
  const found = serverOf(uri);
  return found === null ? null : { namespace: namespaceOf(found.scheme, found.authority), database: found.database };
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['postgresql', server('postgres', 5432)],
  ['postgres', server('postgres', 5432)],
  ['crate', server('crate', 5432)],
  ['db2', server('db2', 6789)],
  ['trino', (uri) => catalogServer(server('trino', 443, 3))(uri)],
  ['presto', (uri) => catalogServer(anyServer)(uri)],
  ['oceanbase', (uri) => server('oceanbase', 2881)(withoutSubprotocols(uri, 'oceanbase'))],
  ['mysql', (uri) => server('mysql', 3306, 2)(withoutSubprotocols(uri, 'mysql'))],
  ['mysql+srv', (uri) => server('mysql', 3306, 2)(withoutSubprotocols(uri, 'mysql'))],
  // Hosts are joined by `--` in the driver's own way to write several.
  ['cassandra', (uri) => server('cassandra', 9042, 2)(uri.replaceAll('--', ','))],
  ['clickhouse', clickHouseLocation],
  ['ch', clickHouseLocation],
  ['oracle', oracleLocation],
  ['sqlserver', sqlServerLocation],
  ['jtds', (uri) => (/^jtds:sqlserver:/i.test(uri) ? sqlServerLocation(uri.slice('jtds:'.length)) : null)],
  [
    'microsoft',
    (uri) => (/^microsoft:sqlserver:/i.test(uri) ? sqlServerLocation(uri.slice('microsoft:'.length)) : null),
  ],
  ['teradata', teradataLocation],
  ['derby', derbyLocation],
  ['bigquery', bigQueryLocation],
]);

// scheme://[user[:password]@]host[:port][/database][;…|?…|#…]
const ONE_HOST = /^([\w+.-]+):\/\/(?:[^/?#@]*@)?(\[[^\],]*\]|[\w.~-]+)(?::(\d*))?(?:\/([^?#;]*))?(?:[?#].*)?$/s;
const MANY_HOSTS = /^([\w+.-]+):\/\/([\w.[\]:,-]+)(?:\/([\w.-]*))?(?:\?.*)?$/s;

function serverOf(uri: string): Server | null {
  const one = ONE_HOST.exec(uri) ?? ONE_HOST.exec(uri.replace(PATH_PROPERTIES, '$1'));
  if (one !== null) {
    const [, scheme = '', host = '', port = '', path = ''] = one;
    const authority = Number(port) > 0 ? `${host}:${port}` : host;
    return { scheme: scheme.toLowerCase(), authority, database: withoutProperties(decodedPath(path)) };
  }
  const many = uri.includes(',') ? MANY_HOSTS.exec(uri) : null;
  if (many === null) return null;
  const [, scheme = '', authority = '', database] = many;
  return { scheme: scheme.toLowerCase(), authority, database };
}

/** `host/db;ssl=true`: properties behind the database. Behind a host they are part of what isn't understood. */
const PATH_PROPERTIES = /^([^?#;,]*:\/\/[^/?#;,]+\/[^?#;]*);.*$/s;

/** DB2 has them behind a colon: `/shop:user=fred;password=…;`. */
const withoutProperties = (database: string): string => database.replace(/[:;][\w.]+=.*$/s, '').replace(/\/+$/, '');

function decodedPath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const HAS_PORT = /^(?:\[[^\]]*\]|[^:[\]]*):\d+$/;

const withDefaultPort = (authority: string, port: number): string =>
  authority
    .split(',')
    .map((host) => (HAS_PORT.test(host) ? host : `${host.replace(/:$/, '')}:${port}`))
    .join(',');

/** `mysql:loadbalance://`, `mysql+srv:replication://` → `mysql://`. */
const withoutSubprotocols = (uri: string, scheme: string): string => uri.replace(/^[\w+:]+:\/\//, `${scheme}://`);

function clickHouseLocation(uri: string): JdbcLocation | null {
  const plain = uri.replace(/^(?:clickhouse|ch):(?:(?:https?|grpc|tcp):)?\/\//i, 'clickhouse://');
  return server('clickhouse', 8123, 2)(plain);
}

/** `/catalog/schema`: the catalog stands before a table with a schema, both before one without. */
const catalogServer =
  (read: Reader): Reader =>
  (uri) => {
    const found = read(uri);
    const [catalog = '', schema] = found?.database?.split('/') ?? [];
    if (found === null || schema === undefined) return found;
    return { ...found, database: catalog, schema };
  };

// Oracle --------------------------------------------------------------------------------------------------------------

const ORACLE_PORT = 1521;

/** thin:[user/password]@ before `//host`, `host:port:sid`, `tcp://host/service`, `ldap://…` or a TNS descriptor. */
function oracleLocation(uri: string): JdbcLocation | null {
  const target = uri
    .slice(uri.lastIndexOf('@') + 1)
    .replace(/^\/\//, '')
    .replace(/\?.*$/s, '')
    .trim();
  if (!uri.includes('@') || target === '') return null;
  if (target.startsWith('(')) {
    const descriptor = oracleDescriptor(target);
    if (descriptor === null) return null;
    const authority = withDefaultPort(descriptor.hosts.map(bracketed).join(','), ORACLE_PORT);
    return { namespace: namespaceOf('oracle', authority), database: descriptor.database ?? undefined };
  }
  const address = ldapAddress(target) ?? sidAsPath(target.replace(/^\w+:\/\//, ''));
  return server('oracle', ORACLE_PORT)(`oracle://${address}`);
}

/** The first of several LDAP servers; the entry's own name is the last part of its path. */
function ldapAddress(target: string): string | null {
  const [, host, path = ''] = /^ldaps?:\/*([^/\s]+)(?:\/(\S*))?/i.exec(target) ?? [];
  if (host === undefined) return null;
  const [name = ''] = path.slice(path.lastIndexOf('/') + 1).split(',', 1);
  return `${host}/${name.replace(/^cn=/i, '')}`;
}

/** `host:1521:sid` → `host:1521/sid`; `host:1521/service:dedicated/instance` → `host:1521/service`. */
function sidAsPath(address: string): string {
  const slash = address.indexOf('/');
  if (slash >= 0) return address.slice(0, slash + 1) + (/^[^:/]*/.exec(address.slice(slash + 1))?.[0] ?? '');
  const colon = address.lastIndexOf(':');
  const last = address.slice(colon + 1);
  return colon < 0 || last === '' || /^\d+$|[\],]/.test(last) ? address : `${address.slice(0, colon)}/${last}`;
}

// SQL Server ----------------------------------------------------------------------------------------------------------

const SQL_SERVER =
  /^sqlserver:\/\/(?:[^/;?\\@]*@)?(\[[^\]]*\]|[\w.-]+)?(?:\\(\w[\w$-]*))?(?::(\d+))?(?:\/([^;?]*))?(?:[;?](.*))?$/is;

/** Microsoft's driver and jTDS: `host\instance:port/database;property=value;…`. A property wins over the URL itself. */
function sqlServerLocation(uri: string): JdbcLocation | null {
  const match = SQL_SERVER.exec(uri);
  if (match === null) return null;
  const properties = new Map<string, string>();
  for (const [, key = '', value = ''] of (match[5] ?? '').matchAll(/([^;=]+)=(\{[^}]*\}|[^;]*)/g)) {
    if (value !== '') properties.set(key.trim().toLowerCase(), value.trim());
  }
  const first = (...keys: readonly string[]): string | undefined =>
    keys.map((key) => properties.get(key)).find((value) => value !== undefined);
  const host = first('servername', 'server') ?? match[1];
  if (host === undefined) return null;
  const port = first('portnumber', 'port') ?? match[3];
  const instance = first('instancename', 'instance') ?? match[2];
  const path = match[4]?.replace(/\/+$/, '');
  const [server = '', named] = host.split('\\', 2);
  const place = named ?? instance;
  const authority = port === undefined ? bracketed(server) : `${bracketed(server)}:${port}`;
  const namespace = namespaceOf('sqlserver', authority);
  return {
    namespace: place === undefined ? namespace : `${namespace}/${place.replace(/^\/+/, '')}`,
    database: first('databasename', 'database') ?? path,
  };
}

/** An IPv6 address may come without its brackets. */
const bracketed = (host: string): string => (/^[^[]*:[^:]*:/.test(host) ? `[${host}]` : host);

// Others --------------------------------------------------------------------------------------------------------------

/** `teradata://host/DATABASE=shop,DBS_PORT=1026,USER=…`. */
function teradataLocation(uri: string): JdbcLocation | null {
  const match = /^teradata:\/\/(?:[^/?#@]*@)?(\[[^\]]*\](?::\d+)?|[\w.:-]+)(?:\/(.*))?$/is.exec(uri);
  if (match === null) return null;
  const parameters = new Map<string, string>();
  for (const parameter of (match[2] ?? '').split(',')) {
    const [key = '', value = ''] = parameter.split('=', 2);
    if (value !== '') parameters.set(key.trim().toUpperCase(), value.trim());
  }
  const port = Number(parameters.get('DBS_PORT') ?? 1025);
  return {
    namespace: namespaceOf('teradata', withDefaultPort(match[1] ?? '', port)),
    database: parameters.get('DATABASE'),
  };
}

/**
 * An embedded Derby is a folder, found from the process's own directory where its path is relative; that directory is
 * in no URL, so a relative path stays one.
 */
function derbyLocation(uri: string): JdbcLocation | null {
  if (/^derby:\/\//i.test(uri)) return server('derby', 1527)(uri);
  const [, kind = '', path = ''] = /^derby:(?:(memory|classpath|jar|directory):)?([^;]*)/i.exec(uri) ?? [];
  if (kind !== '' && kind.toLowerCase() !== 'directory') return null;
  const named = /\bdatabaseName=([^;]+)/i.exec(uri)?.[1];
  const folder = normalized(named ?? (path === '' ? 'metastore_db' : path));
  return { namespace: `file:${folder}` };
}

/** Without `.`, `..` and empty segments, as far as they can be resolved. */
function normalized(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(segment);
  }
  return `${path.startsWith('/') ? '/' : ''}${kept.join('/')}`;
}

/** BigQuery's URL names an API endpoint, and the project as a property. */
function bigQueryLocation(uri: string): JdbcLocation | null {
  const project = /;\s*ProjectId=([^;]+)/i.exec(uri)?.[1];
  return project === undefined ? null : { namespace: 'bigquery', database: project, qualified: 3 };
}

/** Without what no namespace should hold, and otherwise as it is written. */
function uninterpreted(uri: string): string {
  const from = uri.indexOf('://') + 3;
  const query = uri.replace(/\?.*$/s, '');
  const plain = from < 3 ? query.replace(/[^\s:/@]+\/[^\s@]*@/, '@') : query;
  const end = plain.indexOf('/', from);
  const authority = from < 3 ? '' : plain.slice(from, end < 0 ? plain.length : end);
  return withoutSecretParameters(
    from < 3 ? plain : plain.slice(0, from) + hostsOf(authority) + plain.slice(from + authority.length),
  );
}
