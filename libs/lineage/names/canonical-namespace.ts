import { authorityEnd } from './authority-end.ts';
import { containerOf, hostsOf, withoutCredentials, withoutSecretParameters } from './without-credentials.ts';

/**
 * The canonical form of a dataset's namespace: one scheme, lower-case hosts, the default port where there is none, no
 * credentials, no query string. The table of the known schemes is `SCHEMES`; a namespace of any other scheme, or of
 * none, loses only credentials and white space around it. Total and idempotent.
 *
 * ```
 * postgresql://fred:secret@DB/?ssl=true   postgres://db:5432        kafka://b1:9092,b2:9092   kafka://b1:9092
 * sqlserver://db;user=fred                mssql://db:1433           kafka://SSL://b1:9093     kafka://b1:9093
 * file:///                                file                    /warehouse/             file:/warehouse
 * ```
 */
export function canonicalNamespace(namespace: string): string {
  const plain = PLAIN.exec(namespace);
  if (plain === null) {
    if (NOT_A_URL.test(namespace)) return namespace;
    const text = namespace.trim();
    return (text.startsWith('/') ? localNamespace('file', text) : canonicalUrl(text)).trim();
  }
  const [, scheme = '', host = '', port] = plain;
  const rule = SCHEMES.get(scheme);
  if (rule === undefined) return OBJECT_STORES.get(scheme) === scheme ? namespace : canonicalUrl(namespace).trim();
  if (rule.host !== undefined || rule.scheme !== scheme) return canonicalUrl(namespace).trim();
  if (port !== undefined || rule.port === undefined || host === 'null') return namespace;
  return `${namespace}:${rule.port}`;
}

/** What most namespaces look like, so that most cost two regular expressions. */
const PLAIN = /^([a-z][a-z0-9+.-]*):\/\/([a-z0-9._-]+)(?::(\d+))?$/;
/** A word that a person chose: no path, no colon, nothing that could be a credential, no white space around it. */
const NOT_A_URL = /^(?![\s/])[^:@=]*(?<!\s)$/;

interface SchemeRule {
  /** The scheme that stands for it. */
  readonly scheme: string;
  /** What a host without a port listens on. */
  readonly port?: number;
  /** Where hosts are written in several ways: the one way, without the port. */
  readonly host?: (host: string) => string;
}

const server = (scheme: string, port?: number): SchemeRule => (port === undefined ? { scheme } : { scheme, port });

// Ports as the OpenLineage clients add them, so that a URL which one of them completed meets one that nobody did.
// hive and presto have none: their URLs name a metastore or a server, and each listens elsewhere.
const SCHEMES: ReadonlyMap<string, SchemeRule> = new Map<string, SchemeRule>([
  ['postgres', server('postgres', 5432)],
  ['postgresql', server('postgres', 5432)],
  ['mysql', server('mysql', 3306)],
  ['mariadb', server('mariadb', 3306)],
  ['mssql', server('mssql', 1433)],
  ['sqlserver', server('mssql', 1433)],
  ['oracle', server('oracle', 1521)],
  ['db2', server('db2', 6789)],
  ['crate', server('crate', 5432)],
  ['teradata', server('teradata', 1025)],
  ['trino', server('trino', 443)],
  ['presto', server('presto')],
  ['hive', server('hive')],
  ['clickhouse', server('clickhouse', 8123)],
  ['cassandra', server('cassandra', 9042)],
  ['oceanbase', server('oceanbase', 2881)],
  ['vertica', server('vertica', 5433)],
  ['mongodb', server('mongodb', 27017)],
  ['unitycatalog', server('unitycatalog')],
  ['kafka', server('kafka', 9092)],
  ['hdfs', server('hdfs', 8020)],
  ['redshift', { scheme: 'redshift', port: 5439, host: redshiftCluster }],
  ['snowflake', { scheme: 'snowflake', host: snowflakeAccount }],
  ['awsathena', { scheme: 'awsathena', host: (host) => host }],
]);

/** Schemes of one object store. A bucket of old may have upper-case letters in S3, and nowhere else. */
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

function canonicalUrl(namespace: string): string {
  const [, written = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(namespace) ?? [];
  const scheme = written.toLowerCase().replace(DRIVER, '');
  if (scheme === 'file' || scheme === 'dbfs') return localNamespace(scheme, rest);
  if ((scheme === 'bigquery' || scheme === 'pubsub') && /^\/*$/.test(rest)) return scheme;
  if (rest.startsWith('//')) {
    const store = OBJECT_STORES.get(scheme);
    if (store !== undefined) return storeNamespace(store, rest);
    const rule = SCHEMES.get(scheme);
    if (rule !== undefined) return serverNamespace(rule, scheme === 'kafka' ? rest.replace(LISTENER, '//') : rest);
  }
  return withoutCredentials(namespace);
}

/** Kafka's own way to write a bootstrap server: `SASL_SSL://b1:9093`. */
const LISTENER = /^\/\/[A-Za-z][A-Za-z0-9_]*:\/\//;

/** SQLAlchemy's driver (`postgresql+psycopg2`); `mongodb+srv` names no host but a DNS record. */
const DRIVER = /\+(?!srv$)[a-z0-9_.]+$/;

/** `file:///tmp/x/` and `file:/tmp/x` are one; the root needs no path. */
function localNamespace(scheme: string, rest: string): string {
  let path = withoutSecretParameters(rest);
  if (rest.startsWith('//') && !rest.startsWith('///')) {
    const end = authorityEnd(rest, 2);
    const host = hostsOf(rest.slice(2, end)).trim();
    path = withoutSecretParameters(rest.slice(end));
    if (host !== '' && host !== 'localhost') return withoutLastSlashes(`${scheme}://${host}${path}`);
  }
  path = withoutLastSlashes(path).replace(/^\/+/, '/');
  return path === '' ? scheme : `${scheme}:${path}`;
}

function storeNamespace(scheme: string, rest: string): string {
  const end = authorityEnd(rest, 2);
  const authority = rest.slice(2, end);
  const isContainer = scheme === 'abfss' || scheme === 'wasbs';
  const bucket = isContainer ? containerOf(authority) : hostsOf(authority);
  const path = withoutLastSlashes(rest.slice(end).replace(/\?.*$/s, ''));
  return `${scheme}://${scheme === 's3' ? bucket : bucket.toLowerCase()}${path}`;
}

function serverNamespace(rule: SchemeRule, rest: string): string {
  const end = authorityEnd(rest, 2);
  const authority = hostsOf(withoutParameters(rest.slice(2, end))).toLowerCase();
  const isCut = authority.length < end - 2 && rest.slice(2, end).includes(';');
  let path = isCut ? '' : withoutLastSlashes(withoutParameters(rest.slice(end)));
  if (rule.scheme === 'mssql') {
    path = withoutLastSlashes(path.replace(/^\\/, '/'));
    // An instance is found by its name, and listens on a port that nobody can know.
    return `mssql://${path === '' ? canonicalHost(odbcHost(authority), rule) : authority}${path}`;
  }
  // MySQL's `(host=h,port=1)` and `address=(host=h)(port=1)`: commas and ports stand inside, and none is added.
  if (authority.includes('(')) return `${rule.scheme}://${withoutSecretParameters(authority)}${path}`;
  const hosts = authority.split(',').map((host) => canonicalHost(host, rule));
  // Kafka's first bootstrap server stands for the cluster: some clients name one, some all of them.
  return `${rule.scheme}://${rule.scheme === 'kafka' ? (hosts[0] ?? '') : hosts.join(',')}${path}`;
}

const withoutParameters = (text: string): string => text.replace(/[?#;].*$/s, '');

/** White space goes with them: what is trimmed of `/ /` would end in a slash again. */
function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && LAST.test(path.charAt(end - 1))) end--;
  return path.slice(0, end);
}

const LAST = /[\s/]/;

function canonicalHost(text: string, rule: SchemeRule): string {
  const [, host, port = ''] = HOST_AND_PORT.exec(text) ?? [];
  // Clients that knew no host wrote `null:-1`: a default port would make it look known.
  if (host === undefined || host === '' || host === 'null' || host === 'none') return text;
  const name = rule.host === undefined ? host : rule.host(host);
  const known = NO_PORT.test(port) ? rule.port : port;
  const isPortless = rule.host !== undefined && rule.port === undefined;
  return known === undefined || isPortless ? name : `${name}:${known}`;
}

const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*)(?::(\d*|-1|none|null|undefined))?$/;
const NO_PORT = /^(?:|-1|none|null|undefined)$/;

/** `host,1433`: ODBC's way to write a port. */
const odbcHost = (authority: string): string => authority.replace(/^([^,:]+),(\d+)$/, '$1:$2');

/** `cluster.hash.region.redshift.amazonaws.com` → `cluster.region`, as the naming rules have it. */
function redshiftCluster(host: string): string {
  return host.replace(REDSHIFT_HOST, '$1.$2');
}

const REDSHIFT_HOST = /^([^.]+)\.[^.]+\.([a-z0-9-]+)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?$/;

/**
 * `org-account`, or `locator.region.cloud`. A bare locator gets the region that OpenLineage clients append to it, wrong
 * or not (Snowflake's own default is us-west-2): only so do the two meet.
 */
function snowflakeAccount(host: string): string {
  const account = host.replace(/\.snowflakecomputing\.(?:com|cn)$/, '').replace(/\.privatelink$/, '');
  const [name = '', region, ...more] = account.split('.');
  if (more.length > 0) return account;
  if (region !== undefined) return AWS_REGION.test(region) ? `${account}.aws` : account;
  // In the name of an account `_` and `-` are one: URLs can't hold the first.
  if (name.includes('-')) return name.replaceAll('_', '-');
  return LOCATOR.test(name) ? `${name}.us-west-1.aws` : name;
}

const AWS_REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const LOCATOR = /^[a-z0-9]+$/;
