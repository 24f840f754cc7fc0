/** ODCS's logical type of a column type, as far as names that mean the same in common stores tell; null: not known. */
export function logicalTypeOf(type: string): string | null {
  const word = /^[a-z][a-z0-9_]*(?: precision| varying)?/.exec(type.trim().toLowerCase())?.[0] ?? '';
  if (type.trim().endsWith('[]')) return 'array';
  return LOGICAL.get(word) ?? null;
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  string: [
    'string',
    'text',
    'varchar',
    'char',
    'character',
    'character varying',
    'nvarchar',
    'nchar',
    'uuid',
    'enum',
    'fixedstring',
  ],
  integer: [
    'tinyint',
    'smallint',
    'int',
    'integer',
    'bigint',
    'long',
    'short',
    'byte',
    'int2',
    'int4',
    'int16',
    'int32',
    'int64',
    'serial',
    'bigserial',
  ],
  number: [
    'number',
    'numeric',
    'decimal',
    'float',
    'double',
    'double precision',
    'real',
    'float4',
    'float8',
    'float32',
    'float64',
  ],
  boolean: ['boolean', 'bool'],
  date: ['date'],
  timestamp: ['timestamp', 'timestamptz', 'timestamp_ntz', 'timestamp_ltz', 'timestamp_tz', 'datetime', 'datetime2'],
  time: ['time', 'timetz'],
  object: ['object', 'struct', 'record', 'row', 'map', 'json', 'jsonb', 'variant'],
  array: ['array', 'list'],
};

const LOGICAL: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS).flatMap(([logical, words]) => words.map((word) => [word, logical] as const)),
);
