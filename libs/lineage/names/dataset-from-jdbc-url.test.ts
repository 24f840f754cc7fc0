import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datasetFromJdbcUrl } from './dataset-from-jdbc-url.ts';

const families: Readonly<
  Record<string, readonly (readonly [url: string, table: string, namespace: string, name: string])[]>
> = {
  postgres: [
    ['jdbc:postgresql://db/shop', 'public.orders', 'postgres://db:5432', 'shop.public.orders'],
    [
      'jdbc:postgresql://fred:secret@DB:5433/Shop?ssl=true',
      'public.orders',
      'postgres://db:5433',
      'Shop.public.orders',
    ],
    [
      'jdbc:postgresql://h1:5432,h2,[::1]/shop?x=1',
      'public.orders',
      'postgres://h1:5432,h2:5432,[::1]:5432',
      'shop.public.orders',
    ],
    ['jdbc:postgresql://my_host/shop', 'public.orders', 'postgres://my_host:5432', 'shop.public.orders'],
    ['jdbc:postgresql://db/my%20shop', 'orders', 'postgres://db:5432', 'my shop.orders'],
    ['jdbc:postgresql:shop', 'orders', 'postgresql:shop', 'orders'],
  ],
  mysql: [
    ['jdbc:mysql://db/shop', 'orders', 'mysql://db:3306', 'shop.orders'],
    ['jdbc:mysql://db/shop', 'other.orders', 'mysql://db:3306', 'other.orders'],
    ['jdbc:mysql:replication://h1,h2:3307/shop', 'orders', 'mysql://h1:3306,h2:3307', 'shop.orders'],
    ['jdbc:mysql+srv://db.example.com/shop', 'orders', 'mysql://db.example.com:3306', 'shop.orders'],
    ['jdbc:mysql://fred:secret@[h1:1,h2:2]/shop', 'orders', 'mysql://[h1:1,h2:2]/shop', 'orders'],
    [
      'jdbc:mysql://address=(host=h)(port=1)(user=fred)(password=secret)/shop',
      'orders',
      'mysql://address=(host=h)(port=1)/shop',
      'orders',
    ],
  ],
  mariadb: [['jdbc:mariadb://db:3306/shop?user=fred&password=secret', 'orders', 'mariadb://db:3306', 'shop.orders']],
  oceanbase: [['jdbc:oceanbase:hamode://h1:2883,h2/shop', 'orders', 'oceanbase://h1:2883,h2:2881', 'shop.orders']],
  oracle: [
    ['jdbc:oracle:thin:@//db:1522/svc', 'shop.orders', 'oracle://db:1522', 'svc.shop.orders'],
    ['jdbc:oracle:thin:@db:1521:orcl', 'shop.orders', 'oracle://db:1521', 'orcl.shop.orders'],
    ['jdbc:oracle:thin:fred/se@cret@//h1:1521,h2:1522/svc', 'orders', 'oracle://h1:1521,h2:1522', 'svc.orders'],
    ['jdbc:oracle:thin:@tcps://db:2484/svc?wallet_location=/x', 'orders', 'oracle://db:2484', 'svc.orders'],
    ['jdbc:oracle:thin:@db:1521/svc:dedicated/inst', 'orders', 'oracle://db:1521', 'svc.orders'],
    ['jdbc:oracle:thin:@[::1]:1521:orcl', 'orders', 'oracle://[::1]:1521', 'orcl.orders'],
    [
      'jdbc:oracle:thin:@(description=(address=(host=H1)(port=1))(connect_data=(sid=x)(service_name=svc)))',
      'orders',
      'oracle://h1:1',
      'svc.orders',
    ],
    ['jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=h1)))', 'orders', 'oracle://h1:1521', 'orders'],
    ['jdbc:oracle:thin:fred/secret@(DESCRIPTION=(broken', 'orders', 'oracle:thin:@(DESCRIPTION=(broken', 'orders'],
    ['jdbc:oracle:thin:@ldaps://ldap:636/cn=svc,cn=OracleContext', 'orders', 'oracle://ldap:636', 'svc.orders'],
  ],
  sqlserver: [
    ['jdbc:sqlserver://db\\inst;databaseName=shop', 'dbo.orders', 'sqlserver://db/inst', 'shop.dbo.orders'],
    [
      'jdbc:sqlserver://DB\\Inst:1444;DATABASE=Shop;user=fred;password={a;database=x}',
      'dbo.orders',
      'sqlserver://db:1444/Inst',
      'Shop.dbo.orders',
    ],
    ['jdbc:sqlserver://;serverName=db\\inst;portNumber=1444', 'dbo.orders', 'sqlserver://db:1444/inst', 'dbo.orders'],
    ['jdbc:sqlserver://[::1]:1433', 'dbo.orders', 'sqlserver://[::1]:1433', 'dbo.orders'],
    [
      'jdbc:jtds:sqlserver://db:1433/shop;instance=inst;user=fred',
      'dbo.orders',
      'sqlserver://db:1433/inst',
      'shop.dbo.orders',
    ],
    ['jdbc:sqlserver://;user=fred;password=secret', 'dbo.orders', 'sqlserver://', 'dbo.orders'],
  ],
  teradata: [
    [
      'jdbc:teradata://db/DATABASE=shop,DBS_PORT=1026,USER=fred,PASSWORD=secret',
      'orders',
      'teradata://db:1026',
      'shop.orders',
    ],
    ['jdbc:teradata://[::1]/TMODE=ANSI', 'shop.orders', 'teradata://[::1]:1025', 'shop.orders'],
  ],
  trino: [
    ['jdbc:trino://t:8080/hive', 'default.orders', 'trino://t:8080', 'hive.default.orders'],
    ['jdbc:trino://t/hive/default', 'orders', 'trino://t:443', 'hive.default.orders'],
    ['jdbc:trino://t/hive', 'other.default.orders', 'trino://t:443', 'other.default.orders'],
    ['jdbc:presto://p:8080/hive/default', 'sales.orders', 'presto://p:8080', 'hive.sales.orders'],
  ],
  clickhouse: [
    ['jdbc:clickhouse:https://c:8443/shop?ssl=true', 'orders', 'clickhouse://c:8443', 'shop.orders'],
    ['jdbc:ch://c/shop', 'other.orders', 'clickhouse://c:8123', 'other.orders'],
  ],
  cassandra: [
    ['jdbc:cassandra://h1--h2:9043/shop?localdatacenter=dc1', 'orders', 'cassandra://h1:9042,h2:9043', 'shop.orders'],
  ],
  db2: [
    ['jdbc:db2://db:50000/shop:user=fred;password=secret;', 's.orders', 'db2://db:50000', 'shop.s.orders'],
    ['jdbc:db2://db/shop', 's.orders', 'db2://db:6789', 'shop.s.orders'],
  ],
  crate: [['jdbc:crate://c1,c2:5433/doc', 'orders', 'crate://c1:5432,c2:5433', 'doc.orders']],
  derby: [
    ['jdbc:derby:;databaseName=/var/metastore/../db;create=true', 'app.orders', 'file:/var/db', 'app.orders'],
    ['jdbc:derby:/var/db;create=true', 'app.orders', 'file:/var/db', 'app.orders'],
    ['jdbc:derby://host/shop', 'app.orders', 'derby://host:1527', 'shop.app.orders'],
    ['jdbc:derby:memory:x;create=true', 'app.orders', 'derby:memory:x;create=true', 'app.orders'],
  ],
  others: [
    [
      'jdbc:snowflake://org-acc.snowflakecomputing.com/?db=SHOP&user=fred',
      'SHOP.PUBLIC.ORDERS',
      'snowflake://org-acc.snowflakecomputing.com',
      'SHOP.PUBLIC.ORDERS',
    ],
    [
      'jdbc:redshift://c.x.us-east-1.redshift.amazonaws.com:5439/dev',
      'public.orders',
      'redshift://c.x.us-east-1.redshift.amazonaws.com:5439',
      'dev.public.orders',
    ],
    ['jdbc:hive2://h:10000/shop;principal=hive/_HOST@REALM', 'orders', 'hive2://h:10000', 'shop.orders'],
    ['jdbc:vertica://v:5433/shop?user=fred', 'public.orders', 'vertica://v:5433', 'shop.public.orders'],
    ['jdbc:sqlite:/data/shop.db', 'orders', 'sqlite:/data/shop.db', 'orders'],
    ['jdbc:h2:mem:shop;USER=sa;PASSWORD=secret', 'orders', 'h2:mem:shop', 'orders'],
    ['jdbc:h2:tcp://h/~/shop', 'orders', 'h2:tcp://h/~/shop', 'orders'],
    [
      'jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p;OAuthAccessToken=x',
      'ds.orders',
      'bigquery',
      'p.ds.orders',
    ],
  ],
};

describe.each(Object.entries(families))('%s', (_, rows) => {
  test.each(rows)('%s %s', (url, table, namespace, name) => {
    expect(datasetFromJdbcUrl(url, table)).toEqual({ namespace, name });
  });
});

test('no text is too odd, and passwords stay out of namespaces', () => {
  const scheme = fc.constantFrom(
    'postgresql',
    'mysql',
    'oracle:thin',
    'sqlserver',
    'jtds:sqlserver',
    'teradata',
    'derby',
    'db2',
    'ch',
    'x',
  );
  const rest = fc.array(
    fc.constantFrom(
      '://',
      '@',
      '@//',
      '/',
      ':',
      ';',
      ',',
      '(',
      ')',
      '=',
      '(HOST=',
      'h',
      '1',
      '\\',
      '[',
      ']',
      '?',
      '%',
      ' ',
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(scheme, rest, (name, parts) => {
      datasetFromJdbcUrl(`jdbc:${name}${parts.join('')}`, 't');
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(scheme, fc.constantFrom('h', 'h:1', 'h/db'), (name, host) => {
      const withUser = `jdbc:${name}://fred:S3CRET@${host}`;
      for (const url of [
        withUser,
        `jdbc:${name}://${host}?user=fred&password=S3CRET`,
        `jdbc:${name}://${host};user=fred;password=S3CRET`,
      ]) {
        expect(datasetFromJdbcUrl(url, 't').namespace).not.toContain('S3CRET');
      }
    }),
  );
});
