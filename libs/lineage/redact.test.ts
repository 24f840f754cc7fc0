import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretKey, redact, redactText } from './redact.ts';

describe('keys', () => {
  test.each([
    'password',
    'PASSWORD',
    'passwd',
    'pwd',
    'db_password',
    'dbPassword',
    'database.password',
    'DB-PASSWORD',
    'dbpassword',
    'passwordHash',
    'password1',
    'secret',
    'client_secret',
    'clientSecret',
    'aws_secret_access_key',
    'secretKey',
    'fs.s3a.secret.key',
    'fs.azure.account.key.acc.blob.core.windows.net',
    'token',
    'access_token',
    'accessToken',
    'x-auth-token',
    'refreshTokens',
    'api_key',
    'apiKey',
    'apikey',
    'X-API-Key',
    'access_key',
    'accessKeyId',
    'private_key',
    'privateKey',
    'private_key_passphrase',
    'credential',
    'credentials',
    'authorization',
    'Proxy-Authorization',
    'sasl.jaas.config',
    'basic.auth.user.info',
    'ssl.keystore.password',
    'sharedAccessKey',
    'Set-Cookie',
  ])('%s names a secret', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  test.each([
    'tokenizer',
    'max_tokens',
    'maxTokens',
    'tokens',
    'total_tokens',
    'token_type',
    'tokenCount',
    'primary_key',
    'primaryKey',
    'key',
    'keys',
    'foreign_key',
    'partition.key',
    'sort_key',
    'public_key',
    'keyspace',
    'monkey',
    'password_file',
    'passwordPolicy',
    'secretary',
    'author',
    'authority',
    'authors',
    'name',
    'passenger',
    'compass',
    'bypass',
    'pass',
    'passed',
    'accessed',
    'credited',
    'description',
    'secret_name',
    'private_key_path',
    '',
  ])('%s does not', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });

  test('their values go, at any depth', () => {
    expect(
      redact({
        run: {
          facets: {
            debezium: { configs: { 'database.password': 'hunter2', 'database.user': 'fred', pin: { token: 1234 } } },
          },
        },
        environmentVariables: [
          { name: 'DB_PASSWORD', value: 'hunter2' },
          { name: 'HOME', value: '/home' },
        ],
        parameters: [{ key: 'api_key', value: { live: 'x' } }],
        credentials: { user: 'fred', list: ['a', null, true] },
      }),
    ).toEqual({
      run: {
        facets: {
          debezium: {
            configs: { 'database.password': '[redacted]', 'database.user': 'fred', pin: { token: '[redacted]' } },
          },
        },
      },
      environmentVariables: [
        { name: 'DB_PASSWORD', value: '[redacted]' },
        { name: 'HOME', value: '/home' },
      ],
      parameters: [{ key: 'api_key', value: { live: '[redacted]' } }],
      credentials: { user: '[redacted]', list: ['[redacted]', null, true] },
    });
  });

  test('columns are named password, and that is lineage', () => {
    const inputFields = [{ namespace: 'postgres://db:5432', name: 'shop.users', field: 'password' }];
    const event = {
      outputs: [
        {
          facets: {
            schema: {
              fields: [
                { name: 'password', type: 'VARCHAR' },
                { name: 'token', type: 'VARCHAR' },
              ],
            },
            columnLineage: { fields: { password: { inputFields }, api_key: { inputFields } } },
            dataQualityMetrics: { columnMetrics: { token: { nullCount: 3 } } },
          },
        },
      ],
    };
    expect(redact(event)).toBe(event);
  });

  test('nothing to hide', () => {
    const value = { password: null, secret: true, token: '', tokens: [1], a: { __proto__: null } };
    expect(redact(value)).toBe(value);
  });

  test('a key that holds a secret', () => {
    expect(redact({ 'postgres://fred:secret@db': 1, b: 2 })).toEqual({ 'postgres://[redacted]@db': 1, b: 2 });
  });

  test('a key named __proto__ stays a key', () => {
    const redacted = redact(JSON.parse('{"__proto__":{"password":"x"},"token":"y"}'));
    expect(JSON.stringify(redacted)).toBe('{"__proto__":{"password":"[redacted]"},"token":"[redacted]"}');
    expect(Object.getPrototypeOf(redacted)).toBe(Object.prototype);
  });
});

describe('strings', () => {
  test.each([
    ['postgres://fred:secret@db:5432/shop', 'postgres://[redacted]@db:5432/shop'],
    ['postgres://fred:secr/et@db:5432/shop', 'postgres://[redacted]@db:5432/shop'],
    ['see postgres://fred:secret@db/shop and http://x/y', 'see postgres://[redacted]@db/shop and http://x/y'],
    ['mysql://u:p@h1:1,u:p@h2:2/db', 'mysql://[redacted]@h1:1,[redacted]@h2:2/db'],
    ['https://ghp_token@github.com/o/r', 'https://[redacted]@github.com/o/r'],
    ['jdbc:oracle:thin:fred/secret@//db:1521/svc', 'jdbc:oracle:thin:[redacted]@//db:1521/svc'],
    [
      'https://h/p?user=fred&password=a;b&token=c#top',
      'https://h/p?user=fred&password=[redacted]&token=[redacted]#top',
    ],
    [
      'jdbc:sqlserver://db;user=fred;password={a;b};database=shop',
      'jdbc:sqlserver://db;user=fred;password=[redacted];database=shop',
    ],
    [
      'jdbc:teradata://db/USER=fred,PASSWORD=secret,DATABASE=shop',
      'jdbc:teradata://db/USER=fred,PASSWORD=[redacted],DATABASE=shop',
    ],
    ['jdbc:db2://db:50000/shop:user=fred;password=secret;', 'jdbc:db2://db:50000/shop:user=fred;password=[redacted];'],
    [
      'https://a.blob.core.windows.net/c?sv=1&sig=abc%3D&se=2',
      'https://a.blob.core.windows.net/c?sv=1&sig=[redacted]&se=2',
    ],
    ['host=db port=5432 password=secret user=fred', 'host=db port=5432 password=[redacted] user=fred'],
    [
      'PlainLoginModule required username="u" password="p";',
      'PlainLoginModule required username="u" password="[redacted]";',
    ],
    ['run --password=secret --token abc', 'run --password=[redacted] --token abc'],
    ['{"a":1,"database.password":"hunter2","n":null}', '{"a":1,"database.password":"[redacted]","n":null}'],
    ['{\\"apiKey\\": \\"hunter2\\", \\"b\\": 1}', '{\\"apiKey\\": \\"[redacted]\\", \\"b\\": 1}'],
    ["{'password': 'hunter2', 'x': 1}", "{'password': '[redacted]', 'x': 1}"],
    ['{"token": 12345}', '{"token": [redacted]}'],
    ["CREATE USER fred PASSWORD 'hunter2'", "CREATE USER fred PASSWORD '[redacted]'"],
    ["CREATE USER fred IDENTIFIED BY 'hunter2'", "CREATE USER fred IDENTIFIED BY '[redacted]'"],
    ["ALTER USER fred SET PASSWORD = 'it''s'", "ALTER USER fred SET PASSWORD = '[redacted]'"],
    [
      "COPY INTO t FROM @s CREDENTIALS=(AWS_KEY_ID='a' AWS_SECRET_KEY='b')",
      "COPY INTO t FROM @s CREDENTIALS=(AWS_KEY_ID='a' AWS_SECRET_KEY='[redacted]')",
    ],
    ['Authorization: Bearer abc.def', 'Authorization: [redacted]'],
    ['{"Authorization": "Basic dXNlcjpwYXNz"}', '{"Authorization": "[redacted]"}'],
    ['curl -H "Authorization: Basic dXNlcjpwYXNz" x', 'curl -H "Authorization: [redacted]" x'],
    ['Bearer abcdef', 'Bearer [redacted]'],
    ['sent bearer a1b2c3d4 to it', 'sent bearer [redacted] to it'],
    ['key AKIAIOSFODNN7EXAMPLE.', 'key [redacted].'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nrest', '[redacted]\nrest'],
    ['-----BEGIN PRIVATE KEY-----\nMII cut', '[redacted]'],
    ['t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln x', 't=[redacted] x'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test.each([
    'https://openlineage.io/spec/facets/1-0-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet',
    'https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/flink',
    'abfss://container@account.dfs.core.windows.net/raw',
    'hdfs://nn:8020/home/a@b',
    'git@github.com:o/r.git',
    'fred@example.com',
    'SELECT password, token FROM users u JOIN t ON u.password = t.password WHERE t.token = $1',
    "SELECT * FROM words WHERE token = 'the' AND max_tokens = 5",
    "SELECT key, value FROM kv WHERE key = 'primary' ORDER BY 'x'",
    'INSERT INTO audit SELECT tokenizer, primary_key FROM secrets',
    'The password: see the vault. Uses Bearer authentication, or basic understanding of tokens.',
    'token-based bearer tokens',
    '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
    'AKIA and eyJ are prefixes',
    'dt=2024-01-01/key=5',
    '{"key": "x", "primary_key": ["id"]}',
    'raw/token=abc/part-0.parquet',
    'sig=f(x)',
    'a = b',
    '',
  ])('%s stays', (text) => {
    expect(redact(text)).toBe(text);
  });
});

test('other values pass', () => {
  for (const value of [null, true, 1, 12n, undefined, [], {}]) expect(redact(value)).toBe(value);
});

/** Text made of what secrets are made of, so that it comes near the edges. */
const secretish = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'password',
        'token',
        '=',
        ' = ',
        ':',
        ': ',
        '"',
        "'",
        '\\"',
        '\\',
        ';',
        '&',
        '?',
        ',',
        ' ',
        '\n',
        '{',
        '}',
        '(',
        ')',
        '[',
        ']',
        '@',
        '://',
        '/',
        '#',
        'http',
        'oracle:thin:',
        'Bearer ',
        'Authorization: ',
        'basic',
        'AKIAIOSFODNN7EXAMPLE',
        'eyJhbGciOi.eyJzdWIi.c2ln',
        '-----BEGIN PRIVATE KEY-----',
        '-----END PRIVATE KEY-----',
        'select',
        'from',
        'identified by',
        'user',
        '[redacted]',
        'x',
        '1',
        'null',
        'digest ',
        'İ',
        '\ud800',
      ),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(''));

test('twice is once', () => {
  fc.assert(
    fc.property(secretish, (text) => {
      const once = redact(text);
      expect(redact(once)).toBe(once);
      const loose = redactText(text);
      expect(redactText(loose)).toBe(loose);
    }),
    { numRuns: 3_000 },
  );
  fc.assert(
    fc.property(
      fc.object({ key: secretish, values: [secretish, fc.integer(), fc.constant(null)], maxDepth: 4 }),
      (value) => {
        const before = JSON.stringify(value);
        const once = redact(value);
        expect(redact(once)).toBe(once);
        expect(JSON.stringify(value)).toBe(before);
      },
    ),
    { numRuns: 500 },
  );
});

test('hostile text costs its length', () => {
  const parts = [
    'eyJ',
    'eyJa.',
    '://a:b/',
    '://',
    'password=',
    "password='",
    'a=',
    '"a":',
    'authorization: ',
    ';password={',
    'Bearer ',
    '-----BEGIN PRIVATE KEY-----',
    '@',
    'a',
  ];
  for (const part of parts) {
    const started = performance.now();
    redact(part.repeat(Math.ceil(200_000 / part.length)));
    expect(performance.now() - started).toBeLessThan(3_000);
  }
});

describe('text that could not be parsed', () => {
  test('its first 256 characters, without secrets', () => {
    expect(redactText('{"password": "hunter2", broken')).toBe('{"password": "[redacted]", broken');
    expect(redactText('password: hunter2\nuser: fred')).toBe('password: [redacted]\nuser: fred');
    expect(redactText('{"a": {"api_key": "cut off in the mid')).toBe('{"a": {"api_key": "[redacted]');
    expect(redactText('x'.repeat(1000))).toHaveLength(256);
  });

  test('a secret across the limit is seen whole', () => {
    const text = `${'x'.repeat(240)} AKIAIOSFODNN7EXAMPLE`;
    expect(redactText(text)).toBe(`${'x'.repeat(240)} [redacted]`);
  });
});
