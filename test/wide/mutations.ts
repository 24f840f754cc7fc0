/** Real events gone wrong, in a way that can be made again and shrunk: a document is a recording and a list of mutations. */
import fc from 'fast-check';

/** Where: at each level the child of this number, counted round; a level more or less than the value has is no matter. */
type Path = readonly number[];

export interface Mutation {
  readonly path: Path;
  readonly what: 'replace' | 'remove' | 'add' | 'wrap' | 'twice' | 'rename';
  readonly junk: unknown;
  readonly key: string;
}

export interface Mangling {
  /** Which character, of how many thousandths of the text. */
  readonly at: number;
  readonly what: 'cut' | 'drop' | 'insert' | 'flip' | 'repeat' | 'number';
  readonly bytes: Uint8Array;
}

export interface MutatedEvent {
  /** Which recording, counted round. */
  readonly event: number;
  readonly mutations: readonly Mutation[];
  /** null: the text stays JSON. */
  readonly mangling: Mangling | null;
}

const ODD_STRINGS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\u202e\ufeff',
  '__proto__',
  'constructor',
  'toString',
  '***',
  '2026-13-45T99:99:99Z',
  '2026-01-01T00:00:00.123456789Z',
  '2026-01-01T00:00:00',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00+23:59',
  'postgres://user:pass@host:5432/db?password=x',
  'https://[::1',
  'snowflake://org-acc',
  'COMPLETE',
  'DROP',
  'RENAME',
  'STREAMING',
  '%zz%00',
  '../../etc/passwd',
  "'; DROP TABLE run; --",
  '💧'.repeat(50),
  'x'.repeat(5_000),
] as const;

const ODD_NUMBERS = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53 + 2, -(2 ** 63), 1e308, 5e-324] as const;

const nested = (depth: number): unknown => (depth === 0 ? 'deep' : { fields: [nested(depth - 1)] });

const junk: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], { '': '' }) },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...ODD_STRINGS) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...ODD_NUMBERS) },
  { weight: 1, arbitrary: fc.constantFrom(5, 30, 70).map(nested) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(10, 300).map((n) => Array.from({ length: n }, (_, i) => ({ name: `f${i}` }))),
  },
  {
    weight: 1,
    arbitrary: fc.constant(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** Mostly deep down: what goes wrong near the root is refused, and what is refused can't go wrong later. */
const path: fc.Arbitrary<Path> = fc.oneof(
  { weight: 1, arbitrary: fc.array(fc.nat(40), { maxLength: 2 }) },
  { weight: 8, arbitrary: fc.array(fc.nat(40), { minLength: 3, maxLength: 10 }) },
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  path,
  what: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'wrap', 'twice', 'rename'),
  junk,
  key: fc.constantFrom(
    ...ODD_STRINGS,
    ...['name', 'namespace', 'facets', 'fields', 'inputs', 'dataset', 'run', 'job', '_deleted', '_producer'],
    ...['schema', 'columnLineage', 'symlinks', 'lifecycleStateChange', 'lineage', 'jobType', 'parent', 'checkpoints'],
    ...['headwater_progress', 'headwater_snapshot', 'headwater_evidence', 'headwater_freshness', 'headwater_usage'],
  ),
});

const mangling: fc.Arbitrary<Mangling> = fc.record({
  at: fc.nat(999),
  what: fc.constantFrom('cut', 'drop', 'insert', 'flip', 'repeat', 'number'),
  bytes: fc.oneof(
    fc
      .constantFrom('"', '\\', '{', '}', ']', ',', '1e999', '\\u0000', '\\ud800', '\ufeff')
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  ),
});

export const mutatedEvent: fc.Arbitrary<MutatedEvent> = fc.record({
  event: fc.nat(10_000),
  mutations: fc.array(mutation, { maxLength: 4 }),
  mangling: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: mangling }),
});

/** The document as it goes over the wire. `recordings` are JSON texts. */
export function textOf({ event, mutations, mangling }: MutatedEvent, recordings: readonly string[]): Buffer {
  const text = recordings[event % recordings.length] ?? '{}';
  const bytes = Buffer.from(
    mutations.length === 0 ? text : JSON.stringify(mutations.reduce(mutated, JSON.parse(text) as unknown)),
  );
  return mangling === null ? bytes : mangled(bytes, mangling);
}

function mutated(value: unknown, { path, what, junk, key }: Mutation): unknown {
  const [step, ...rest] = path;
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const at = step === undefined || keys.length === 0 ? undefined : keys[step % keys.length];
  if (at === undefined) return what === 'wrap' ? { [key]: value } : junk;
  const last = rest.length === 0;
  const child = (value as Record<string, unknown>)[at];
  if (Array.isArray(value)) {
    const index = Number(at);
    if (!last) return value.with(index, mutated(child, { path: rest, what, junk, key }));
    switch (what) {
      case 'remove':
        return value.toSpliced(index, 1);
      case 'twice':
        return value.toSpliced(index, 0, child);
      case 'wrap':
        return value.with(index, [child]);
      case 'add':
        return value.toSpliced(index, 0, junk);
      default:
        return value.with(index, junk);
    }
  }
  const entries = Object.entries(value as object);
  const others = entries.filter(([name]) => name !== at);
  const replaced = (by: unknown) => entries.map(([name, held]): [string, unknown] => [name, name === at ? by : held]);
  // fromEntries defines: a key named __proto__ becomes a key.
  if (!last) return Object.fromEntries(replaced(mutated(child, { path: rest, what, junk, key })));
  switch (what) {
    case 'remove':
      return Object.fromEntries(others);
    case 'rename':
      return Object.fromEntries([...others, [key, child]]);
    case 'add':
      return Object.fromEntries([...entries, [key, junk]]);
    case 'wrap':
      return Object.fromEntries(replaced([child]));
    case 'twice':
      return Object.fromEntries([...entries, [`${at}_2`, child]]);
    default:
      return Object.fromEntries(replaced(junk));
  }
}

function mangled(bytes: Buffer, { at, what, bytes: inserted }: Mangling): Buffer {
  const index = Math.floor((bytes.length * at) / 1_000);
  const [before, after] = [bytes.subarray(0, index), bytes.subarray(index)];
  switch (what) {
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, inserted, after]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (inserted[0] ?? 1)]), after.subarray(1)]);
    case 'repeat':
      return Buffer.concat([before, after, after]);
    // Bare words in place of the next string: numbers beyond all bounds, and what is no JSON.
    case 'number': {
      const start = after.indexOf(0x22);
      const end = start < 0 ? -1 : after.indexOf(0x22, start + 1);
      if (end < 0) return bytes;
      return Buffer.concat([before, after.subarray(0, start), Buffer.from('-1e400'), after.subarray(end + 1)]);
    }
  }
}
