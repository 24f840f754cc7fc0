/**
 * Whether one column type holds all that another did, as far as their names alone tell. Only what is the same in every
 * common database is known here: `int8` is 64 bits in PostgreSQL and 8 in ClickHouse, so it is compared as text.
 */
export type TypeComparison = 'same' | 'wider' | 'narrower' | 'other';

export function compareTypes(before: string, after: string): TypeComparison {
  const a = parsed(before);
  const b = parsed(after);
  if (a.text === b.text) return 'same';
  if (a.rank !== null && b.rank !== null && a.rank.ladder === b.rank.ladder) return sign(b.rank.at - a.rank.at);
  if (a.word === 'varchar' && b.word === 'varchar') return sign((b.sizes[0] ?? Infinity) - (a.sizes[0] ?? Infinity));
  if (a.word === 'decimal' && b.word === 'decimal') return compareDecimals(a.sizes, b.sizes);
  return 'other';
}

/** Whether a type text says that values may be missing: REQUIRED by `NOT NULL`, OPTIONAL by `NULL` or `Nullable(…)`. */
export type Nullability = 'REQUIRED' | 'UNSAID' | 'OPTIONAL';

/**
 * A type text without its word on nulls. What silence means differs (`INT` may be null in Flink SQL, `Int32` may not in
 * ClickHouse), but against its own teller's other word it is the looser of REQUIRED and the stricter of OPTIONAL.
 */
export function splitNullability(type: string): { readonly base: string; readonly nulls: Nullability } {
  const wrapped = /^\s*nullable\s*\((.*)\)\s*$/i.exec(type)?.[1];
  if (wrapped !== undefined) return { base: wrapped.trim(), nulls: 'OPTIONAL' };
  const words = type.trim().split(/\s+/);
  const last = words.slice(-2).map((word) => word.toLowerCase());
  if (words.length < 2 || last[1] !== 'null') return { base: type, nulls: 'UNSAID' };
  const isRequired = words.length > 2 && last[0] === 'not';
  return { base: words.slice(0, isRequired ? -2 : -1).join(' '), nulls: isRequired ? 'REQUIRED' : 'OPTIONAL' };
}

interface ParsedType {
  readonly text: string;
  readonly word: string;
  readonly sizes: readonly number[];
  readonly rank: { readonly ladder: number; readonly at: number } | null;
}

const LADDERS: readonly (readonly string[])[] = [
  ['tinyint', 'smallint', 'int', 'bigint'],
  ['float', 'double'],
];

const SYNONYMS: Readonly<Record<string, string>> = {
  integer: 'int',
  int4: 'int',
  int32: 'int',
  long: 'bigint',
  int64: 'bigint',
  short: 'smallint',
  int16: 'smallint',
  byte: 'tinyint',
  real: 'float',
  float4: 'float',
  'double precision': 'double',
  float64: 'double',
  string: 'varchar',
  text: 'varchar',
  'character varying': 'varchar',
  numeric: 'decimal',
  bool: 'boolean',
};

/** `VARCHAR (20)` → varchar, [20]. */
const SIZED = /^([a-z][a-z0-9_ ]*?)\s*(?:\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\))?$/;

function parsed(type: string): ParsedType {
  const plain = type.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const match = SIZED.exec(plain);
  if (match === null) return { text: plain, word: plain, sizes: [], rank: null };
  const said = match[1] ?? plain;
  const word = Object.hasOwn(SYNONYMS, said) ? (SYNONYMS[said] ?? said) : said;
  const sizes = [match[2], match[3]].filter((size) => size !== undefined).map(Number);
  const ladder = LADDERS.findIndex((steps) => steps.includes(word));
  const rank = ladder < 0 ? null : { ladder, at: LADDERS[ladder]?.indexOf(word) ?? 0 };
  // The width in `int(11)` is for display only.
  return { text: rank !== null || sizes.length === 0 ? word : `${word}(${sizes.join()})`, word, sizes, rank };
}

/** decimal(precision, scale): room before and after the point. Without sizes each database has its own default. */
function compareDecimals(before: readonly number[], after: readonly number[]): TypeComparison {
  const [fromPrecision, fromScale = 0] = before;
  const [toPrecision, toScale = 0] = after;
  if (fromPrecision === undefined || toPrecision === undefined) return 'other';
  const whole = toPrecision - toScale - (fromPrecision - fromScale);
  const fraction = toScale - fromScale;
  if (whole >= 0 && fraction >= 0) return whole + fraction === 0 ? 'same' : 'wider';
  return 'narrower';
}

// Infinity − Infinity is NaN: two texts of unknown length are as wide as each other.
const sign = (difference: number): TypeComparison => (difference > 0 ? 'wider' : difference < 0 ? 'narrower' : 'same');
