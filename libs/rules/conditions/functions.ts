/**
 * The functions and operators of CEL that conditions may use, with what they take and give. Each name has its forms in
 * a small notation: `string.startsWith(string)` is a method, `size(list)` a function; `T` is any one type, `number`
 * int or double, both of one kind.
 */
import {
  ANY,
  agree,
  BOOL,
  BYTES,
  comparable,
  DOUBLE,
  DURATION,
  either,
  INT,
  isNumber,
  listOf,
  NULL,
  STRING,
  sayType,
  TIMESTAMP,
  TYPE,
  type ValueType,
} from './value-type.ts';

/** A form of a function: argument types (of a method, the target first) and the result. */
interface Form {
  readonly takes: readonly ValueType[];
  readonly gives: ValueType;
}

const form = (takes: readonly ValueType[], gives: ValueType): Form => ({ takes, gives });
const LIST = listOf(ANY);
const MAP: ValueType = { kind: 'map', of: ANY };

const ORDERED = [INT, DOUBLE, STRING, BOOL, TIMESTAMP, DURATION];
/** Parts of a time, of the day in a time zone: `now.getHours("Europe/Paris")`. */
const TIME_PARTS = [
  'getFullYear',
  'getMonth',
  'getDayOfYear',
  'getDayOfMonth',
  'getDate',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];

const FUNCTIONS: Readonly<Record<string, readonly Form[]>> = {
  size: [form([STRING], INT), form([LIST], INT), form([MAP], INT), form([BYTES], INT)],
  startsWith: [form([STRING, STRING], BOOL)],
  endsWith: [form([STRING, STRING], BOOL)],
  contains: [form([STRING, STRING], BOOL)],
  matches: [form([STRING, STRING], BOOL)],
  timestamp: [form([STRING], TIMESTAMP), form([TIMESTAMP], TIMESTAMP), form([INT], TIMESTAMP)],
  duration: [form([STRING], DURATION), form([DURATION], DURATION)],
  int: [INT, DOUBLE, STRING, TIMESTAMP].map((type) => form([type], INT)),
  double: [INT, DOUBLE, STRING].map((type) => form([type], DOUBLE)),
  string: [INT, DOUBLE, STRING, BOOL, BYTES, TIMESTAMP, DURATION].map((type) => form([type], STRING)),
  bool: [form([BOOL], BOOL), form([STRING], BOOL)],
  dyn: [form([ANY], ANY)],
  type: [form([ANY], TYPE)],
  '!_': [form([BOOL], BOOL)],
  '-_': [INT, DOUBLE, DURATION].map((type) => form([type], type)),
  '_&&_': [form([BOOL, BOOL], BOOL)],
  '_||_': [form([BOOL, BOOL], BOOL)],
  '@not_strictly_false': [form([ANY], BOOL)],
  '_+_': [
    ...[INT, DOUBLE, STRING, BYTES, DURATION].map((type) => form([type, type], type)),
    form([LIST, LIST], LIST),
    form([TIMESTAMP, DURATION], TIMESTAMP),
    form([DURATION, TIMESTAMP], TIMESTAMP),
  ],
  '_-_': [
    ...[INT, DOUBLE, DURATION].map((type) => form([type, type], type)),
    form([TIMESTAMP, TIMESTAMP], DURATION),
    form([TIMESTAMP, DURATION], TIMESTAMP),
  ],
  '_*_': [INT, DOUBLE].map((type) => form([type, type], type)),
  '_/_': [INT, DOUBLE].map((type) => form([type, type], type)),
  '_%_': [form([INT, INT], INT)],
  ...Object.fromEntries(
    TIME_PARTS.map((part) => [
      part,
      [form([TIMESTAMP], INT), form([TIMESTAMP, STRING], INT), ...(part.length > 8 ? [form([DURATION], INT)] : [])],
    ]),
  ),
};

/** Names of functions that one writes, for suggestions. */
export const FUNCTION_NAMES: readonly string[] = [
  ...Object.keys(FUNCTIONS).filter((name) => /^\w+$/.test(name) && name !== 'type'),
  'has',
  'exists',
  'all',
  'exists_one',
  'filter',
  'map',
];

/** Functions whose first argument may stand before them: `name.startsWith("a")`. */
const METHODS = new Set(['size', 'startsWith', 'endsWith', 'contains', 'matches', ...TIME_PARTS]);
/** Functions that are methods only. */
const ONLY_METHODS = new Set(['startsWith', 'endsWith', 'contains', ...TIME_PARTS]);

/** What a call gives; a text where it is wrong: what is wrong. `null`: no function of this name. */
export function callType(name: string, method: boolean, args: readonly ValueType[]): ValueType | string | null {
  const special = specialType(name, args);
  if (special !== null) return special;
  const forms = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (forms === undefined) return null;
  if (method && !METHODS.has(name)) return `write ${name}(…), not ….${name}()`;
  if (!method && ONLY_METHODS.has(name)) return `write ….${name}(…): it is asked of a value`;
  const found = forms.filter(
    ({ takes }) => takes.length === args.length && takes.every((type, i) => agree(type, args[i] ?? NULL)),
  );
  const [first] = found;
  if (first === undefined) return wrongCall(name, args);
  // Of `any + any` only the value will tell.
  return found.every(({ gives }) => gives.kind === first.gives.kind) ? listElements(name, args, first.gives) : ANY;
}

const listElements = (name: string, [a, b]: readonly ValueType[], gives: ValueType): ValueType =>
  name === '_+_' && a?.kind === 'list' && b?.kind === 'list' ? listOf(joined(a.of, b.of)) : gives;

/** An empty list takes the type of what is added. */
const joined = (a: ValueType, b: ValueType): ValueType => (a.kind === 'any' ? b : either(a, b));

/** Operators whose types depend on each other. */
function specialType(name: string, args: readonly ValueType[]): ValueType | string | null {
  const [a = ANY, b = ANY, c = ANY] = args;
  switch (name) {
    case '_?_:_':
      return agree(a, BOOL) ? either(b, c) : `the condition before ? is ${sayType(a)}; it has to be bool`;
    case '_==_':
    case '_!=_':
      return comparable(a, b) ? BOOL : `${sayType(a)} is never equal to ${sayType(b)}`;
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_': {
      const ordered = [a, b].every(({ kind }) => kind === 'any' || ORDERED.some((type) => type.kind === kind));
      return ordered && comparable(a, b) ? BOOL : `${sayType(a)} can't be compared with ${sayType(b)}`;
    }
    case '@in':
      if (b.kind === 'list') return comparable(a, b.of) ? BOOL : `a ${sayType(b)} never holds ${sayType(a)}`;
      return ['map', 'record', 'any'].includes(b.kind) ? BOOL : `in wants a list or a map, not ${sayType(b)}`;
    case '_[_]':
      if (a.kind === 'list')
        return agree(b, INT) || b.kind === 'double' ? a.of : `a list is asked by number, not by ${sayType(b)}`;
      if (a.kind === 'map') return a.of;
      return a.kind === 'record' || a.kind === 'any' ? ANY : `${sayType(a)} has no parts`;
    default:
      return null;
  }
}

function wrongCall(name: string, args: readonly ValueType[]): string {
  const operator = /^_(.+)_$/.exec(name)?.[1];
  const types = args.map(sayType);
  if (operator === undefined) return `${name.replace(/_$/, '')} doesn't take (${types.join(', ')})`;
  const numbers = args.length === 2 && args.every(isNumber);
  return `${types.join(` ${operator} `)} doesn't work${numbers ? '; numbers of the graph are doubles: write 1.0 in place of 1' : ''}`;
}
