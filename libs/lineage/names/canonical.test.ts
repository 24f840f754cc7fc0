import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDataset, canonicalField, canonicalJob, canonicalRunId } from './canonical.ts';
import { canonicalNamespace } from './canonical-namespace.ts';

describe('namespaces that are one', () => {
  test.each([
    [
      'postgres://db:5432',
      [
        'postgres://DB',
        'postgresql://db',
        'postgres://db:None',
        'postgres://db:-1',
        'postgres://db:',
        'postgresql+psycopg2://fred:secret@db/?ssl=true',
        ' postgres://db:5432/ ',
      ],
    ],
    ['mysql://h1:3306,h2:3307', ['mysql://H1,h2:3307', 'mysql://u:p@h1,u:p@h2:3307']],
    [
      'mssql://db:1433',
      [
        'sqlserver://db',
        'sqlserver://db\\',
        'sqlserver://db:1433',
        'SQLSERVER://DB;user=fred;password=x',
        'mssql://db,1433',
      ],
    ],
    ['mssql://db/inst', ['sqlserver://db\\inst', 'sqlserver://db/inst/']],
    ['oracle://db:1521', ['oracle://db']],
    ['trino://t:443', ['trino://t', 'trino://user@t']],
    ['cassandra://[::1]:9042', ['cassandra://[::1]']],
    ['kafka://b1:9092', ['kafka://B1', 'kafka://b1:9092,b2:9092', 'kafka://b1,b2', 'kafka://SASL_SSL://b1:9092']],
    ['redshift://c.us-east-1:5439', ['redshift://c.abc.us-east-1.redshift.amazonaws.com', 'redshift://c.us-east-1']],
    ['awsathena://athena.us-east-1.amazonaws.com', ['awsathena://athena.us-east-1.amazonaws.com:443']],
    ['hdfs://nn:8020', ['hdfs://NN', 'hdfs://nn:8020/']],
    ['s3://lake', ['s3a://lake', 's3n://lake/', 'S3A://KEY:se/cret@lake']],
    ['gs://lake', ['gcs://lake', 'gs://Lake/']],
    [
      'abfss://c@a.dfs.core.windows.net',
      ['abfs://c@A.dfs.core.windows.net/', 'abfss://c:secret@a.dfs.core.windows.net'],
    ],
    ['wasbs://c@a', ['wasb://c@a']],
    ['file', ['file:', 'file:/', 'file://', 'file:///', 'file://localhost/', '/', 'file:/ /']],
    ['file:/tmp/x', ['file:///tmp/x/', 'file://localhost/tmp/x', '/tmp/x', '/tmp/x/']],
    [
      'mysql://(host=h1,port=1111),(host=h2,port=2222)',
      [
        'mysql://(host=H1,port=1111),(host=h2,port=2222)/',
        'mysql://(host=h1,port=1111,user=u,password=p),(host=h2,port=2222)',
      ],
    ],
    ['mysql://address=(host=h1)(port=1111)', ['mysql://address=(host=h1)(port=1111)(user=u)(password=p)']],
    ['dbfs', ['dbfs:/', 'dbfs://', 'dbfs:///']],
    ['bigquery', ['bigquery:', 'bigquery://']],
    [
      'snowflake://xy12345.us-west-1.aws',
      ['snowflake://XY12345', 'snowflake://xy12345.snowflakecomputing.com/?warehouse=w'],
    ],
    [
      'snowflake://xy12345.us-east-2.aws',
      ['snowflake://xy12345.us-east-2', 'snowflake://xy12345.us-east-2.privatelink.snowflakecomputing.com:443'],
    ],
    [
      'snowflake://org-my-account',
      ['snowflake://ORG-MY_ACCOUNT', 'snowflake://u:p@org-my_account.snowflakecomputing.com'],
    ],
  ])('%s', (canonical, spellings) => {
    for (const spelling of [canonical, ...spellings]) expect(canonicalNamespace(spelling)).toBe(canonical);
  });
});

describe('namespaces that stay as they are', () => {
  test.each([
    'food_delivery',
    'my namespace',
    'arn:aws:glue:us-east-1:123456789012',
    'duckdb:///data/shop.duckdb',
    'hive://metastore:9083',
    'hive://metastore',
    'file://reports',
    'kafka://null:-1',
    'https://api.example.com/v1?page=2',
    'mongodb+srv://cluster.example.net/db',
    'snowflake://xy12345.west-europe.azure',
    'snowflake://org.account',
    's3://Old-Bucket/warehouse',
    'foo://h/a=b/c',
    '',
  ])('%s', (namespace) => {
    expect(canonicalNamespace(namespace)).toBe(namespace);
  });
});

describe('credentials go, whatever the scheme', () => {
  test.each([
    ['foo://fred:secret@h1:1,fred:secret@h2:1/db?user=fred&ssl=true', 'foo://h1:1,h2:1/db?ssl=true'],
    ['foo://fred@host', 'foo://host'],
    ['foo://fred:p@ss@host/x', 'foo://host/x'],
    ['foo://fred:pa/ss@host/x', 'foo://host/x'],
    ['foo://u:p,w@host', 'foo://host'],
    ['foo://host;user=fred;password=secret;ssl=true', 'foo://host;ssl=true'],
    ['foo://host:username=fred;password=secret', 'foo://host'],
    ['foo://(host=h,user=fred,password=secret,port=1)', 'foo://(host=h,port=1)'],
    ['foo://host?a=1&access_token=x&b=2', 'foo://host?a=1&b=2'],
    ['jdbc:oracle:thin:fred/secret@//host', 'jdbc:oracle:thin:@//host'],
    ['jdbc:oracle:thin:[redacted]@//host', 'jdbc:oracle:thin:@//host'],
    ['foo://[redacted]@host?password=[redacted]', 'foo://host'],
  ])('%s', (namespace, expected) => {
    expect(canonicalNamespace(namespace)).toBe(expected);
    expect(canonicalJob({ namespace, name: 'n' })).toEqual({ namespace: expected, name: 'n' });
  });
});

describe('names', () => {
  test.each([
    ['s3a://lake', '/raw/orders/', 's3://lake', 'raw/orders'],
    ['s3://lake', 'Raw/Orders', 's3://lake', 'Raw/Orders'],
    ['gs://lake', '', 'gs://lake', '/'],
    ['s3://lake/warehouse', 'default.orders', 's3://lake/warehouse', 'default.orders'],
    ['file', '/raw/orders/', 'file', '/raw/orders'],
    ['hdfs://nn:8020', '/', 'hdfs://nn:8020', '/'],
    ['hdfs://nn:8020/warehouse', '', 'hdfs://nn:8020/warehouse', '/'],
    ['/warehouse', 'default.orders', 'file:/warehouse', 'default.orders'],
    ['postgresql://db', 'Shop.public."Orders"', 'postgres://db:5432', 'Shop.public."Orders"'],
    ['snowflake://org-a', 'shop.public.orders', 'snowflake://org-a', 'SHOP.PUBLIC.ORDERS'],
    ['snowflake://org-a', 'shop."PUBLIC"."Orders"', 'snowflake://org-a', 'SHOP.PUBLIC."Orders"'],
    ['snowflake://org-a', 'shop."a.b"."my-table"', 'snowflake://org-a', 'SHOP."a.b".my-table'],
    ['snowflake://org-a', 'shop."broken', 'snowflake://org-a', 'shop."broken'],
    ['kafka://b', 'Orders', 'kafka://b:9092', 'Orders'],
    ['arn:aws:glue:us-east-1:1', 'table/db/orders', 'arn:aws:glue:us-east-1:1', 'table/db/orders'],
  ])('%s %s', (namespace, name, canonicalNs, canonicalName) => {
    expect(canonicalDataset({ namespace, name })).toEqual({ namespace: canonicalNs, name: canonicalName });
  });

  test('a field folds where its table does', () => {
    expect(canonicalField({ namespace: 'snowflake://org-a', name: 'T' }, 'amount')).toBe('AMOUNT');
    expect(canonicalField({ namespace: 'postgres://db:5432', name: 't' }, 'amount')).toBe('amount');
  });

  test('a job keeps its name and its free text', () => {
    const job = { namespace: 'spark://LOCALHOST', name: ' Job ' };
    expect(canonicalJob(job)).toEqual(job);
    expect(canonicalJob({ namespace: ' airflow ', name: 'a' }).namespace).toBe('airflow');
  });
});

describe('different things stay different', () => {
  const names = [
    ['s3://lake', 'a'],
    ['s3://Lake', 'a'],
    ['s3://lake', 'A'],
    ['gs://lake', 'a'],
    ['postgres://db:5432', 'a'],
    ['postgres://db:5433', 'a'],
    ['postgres://db:5432/other', 'a'],
    ['mysql://db:3306', 'a'],
    ['mssql://db', 'a'],
    ['mssql://db/inst', 'a'],
    ['abfss://c1@acc.dfs.core.windows.net', 'a'],
    ['abfss://c2@acc.dfs.core.windows.net', 'a'],
    ['foo://h/user=1', 'a'],
    ['foo://h/user=2', 'a'],
    ['snowflake://org-a', '"Orders"'],
    ['snowflake://org-a', 'ORDERS'],
    ['snowflake://org-a', '"a.b"'],
    ['snowflake://org-a', 'a.b'],
  ] as const;

  test('no two of these meet', () => {
    const canonical = names.map(([namespace, name]) => JSON.stringify(canonicalDataset({ namespace, name })));
    expect(new Set(canonical).size).toBe(names.length);
  });
});

/** Text made of what URLs and names are made of, so that it comes near the edges. */
const urlish = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'postgresql',
        'sqlserver',
        'mssql',
        's3a',
        'abfs',
        'kafka',
        'snowflake',
        'file',
        'dbfs',
        'hdfs',
        'foo',
        'jdbc:oracle:thin:',
        'redshift',
        'bigquery',
        '://',
        ':',
        '/',
        '//',
        '@',
        ',',
        ';',
        '?',
        '&',
        '#',
        '=',
        '\\',
        '[',
        ']',
        '(',
        ')',
        '.',
        '"',
        ' ',
        '\n',
        '%41',
        'user',
        'password',
        'Host',
        'null',
        'None',
        '5432',
        '-1',
        '-',
        '_',
        'b',
        'İ',
        '\ud800',
        '.us-east-1',
        '.snowflakecomputing.com',
      ),
      fc.string({ maxLength: 3, unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('canonical names are total and idempotent', () => {
  fc.assert(
    fc.property(urlish, urlish, (namespace, name) => {
      const dataset = canonicalDataset({ namespace, name });
      expect(canonicalDataset(dataset)).toEqual(dataset);
      const job = canonicalJob({ namespace, name });
      expect(canonicalJob(job)).toEqual(job);
    }),
    { numRuns: 3_000 },
  );
});

test('no credentials of a URL survive', () => {
  const scheme = fc.constantFrom(
    'postgres',
    'foo',
    's3',
    'kafka',
    'jdbc:mysql',
    'snowflake',
    'http',
    'file',
    'abfss',
    'hdfs',
  );
  const secret = fc.stringMatching(/^S3CR3T[a-z0-9%!$*+~-]{0,8}$/);
  fc.assert(
    fc.property(scheme, secret, fc.constantFrom('h', 'h:1', 'h1,h2'), (name, password, host) => {
      const namespace = `${name}://fred:${password}@${host}/x?user=fred&password=${password}`;
      expect(canonicalNamespace(namespace)).not.toContain('S3CR3T');
      expect(canonicalJob({ namespace, name: '' }).namespace).not.toContain('S3CR3T');
    }),
  );
});

test.each([
  ['018CC251-F400-7662-B080-B72299E0A86B', '018cc251-f400-7662-b080-b72299e0a86b'],
  ['018cc251-f400-7662-b080-b72299e0a86b', '018cc251-f400-7662-b080-b72299e0a86b'],
  ['Run_1', 'Run_1'],
  ['018CC251-F400-7662-B080-B72299E0A86B ', '018CC251-F400-7662-B080-B72299E0A86B '],
])('run %s', (said, canonical) => {
  expect(canonicalRunId(said)).toBe(canonical);
});
