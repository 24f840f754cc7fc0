/**
 * A condition of a rule: CEL, bounded and checked when it is loaded, evaluated with the value of each of its parts, so
 * that a decision can be explained.
 *
 * ```
 * dataset.tags.exists(t, t == "mart") && !dataset.name.startsWith("tmp_")
 * └──────────── part 1 ─────────────┘    └───────── part 2 ───────────┘     met when both are
 * ```
 */
import { celEnv, celError, isCelError, parse, plan, unparse } from '@bufbuild/cel';
import { type CelValues, celValues, jsonOf } from './cel-values.ts';
import { checkExpression, type ExpressionFault } from './check-expression.ts';
import type { Scope } from './condition-scope.ts';
import type { ConditionValues, Json } from './condition-values.ts';
import { callOf, childrenOf, type Expression, operands, type ParsedExpression, pathOf } from './expression.ts';
import { agree, BOOL, sayType, type ValueType } from './value-type.ts';

/** Characters of one expression. */
export const MOST_SOURCE = 2_048;
/** Open brackets at one place: what the parser recurses into. */
const MOST_BRACKETS = 32;

/** What became of one part of a condition. */
export interface ConditionResult {
  /** As the rule has it. */
  readonly text: string;
  /** null: it could not be told. */
  readonly value: Json;
  readonly met: boolean;
  /** What the part looked at: `dataset.name` → `shop.orders`. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** Why it could not be told; null: it could. */
  readonly because: string | null;
}

export interface ConditionOutcome {
  readonly met: boolean;
  /** Why it could not be told; null: it could. What can't be told is not met. */
  readonly because: string | null;
  readonly parts: readonly ConditionResult[];
  /** Of what is not met, the parts that kept it from being met. */
  readonly blamed: readonly ConditionResult[];
}

type Evaluate = (values: CelValues) => unknown;

interface Part {
  readonly text: string;
  /** The condition wants it false. */
  readonly negated: boolean;
  readonly evaluate: Evaluate;
  readonly inputs: readonly { readonly path: string; readonly evaluate: Evaluate }[];
}

type Shape =
  | { readonly is: 'part'; readonly part: number }
  | { readonly is: 'and' | 'or'; readonly of: readonly Shape[] };

const ENVIRONMENT = celEnv({});

/** A condition that was loaded. It keeps no state: `evaluate` is a function of the values. */
export class Condition {
  readonly text: string;
  readonly expression: Expression;
  readonly #parts: readonly Part[];
  readonly #shape: Shape;

  private constructor(text: string, expression: Expression, parts: readonly Part[], shape: Shape) {
    this.text = text;
    this.expression = expression;
    this.#parts = parts;
    this.#shape = shape;
  }

  /** The condition, or what is wrong with it. */
  static load(text: string, scope: Scope): Condition | readonly ExpressionFault[] {
    const loaded = loadExpression(text, scope);
    if (Array.isArray(loaded)) return loaded;
    const { parsed, type } = loaded;
    if (!agree(type, BOOL)) return [{ offset: 0, message: `a condition is true or false; this is ${sayType(type)}` }];
    const parts: Part[] = [];
    const shape = shapeOf(parsed.expr, false, (part, negated) => {
      const said = sayExpression(parsed, part);
      parts.push({
        text: negated ? negation(part, said) : said,
        negated,
        evaluate: plan(ENVIRONMENT, part),
        inputs: inputsOf(part, scope),
      });
      return parts.length - 1;
    });
    return new Condition(text, parsed.expr, parts, shape);
  }

  /** Never throws: what can't be evaluated is not met, and says why. */
  evaluate(values: ConditionValues): ConditionOutcome {
    const known = celValues(values);
    const parts = this.#parts.map((part) => evaluatePart(part, known));
    const truth = truthOf(this.#shape, parts);
    const because =
      truth === null ? (parts.find((part) => part.because !== null)?.because ?? 'it could not be told') : null;
    return { met: truth === true, because, parts, blamed: truth === true ? [] : blamedOf(this.#shape, parts) };
  }
}

/** An expression that gives any value, for templates. */
export class Expressed {
  readonly text: string;
  readonly #evaluate: Evaluate;

  private constructor(text: string, evaluate: Evaluate) {
    this.text = text;
    this.#evaluate = evaluate;
  }

  static load(text: string, scope: Scope): Expressed | readonly ExpressionFault[] {
    const loaded = loadExpression(text, scope);
    return Array.isArray(loaded) ? loaded : new Expressed(text, plan(ENVIRONMENT, loaded.parsed.expr));
  }

  /** null: there is nothing, or it could not be told. */
  evaluate(values: ConditionValues): Json {
    const result = attempt(this.#evaluate, celValues(values));
    return isCelError(result) ? null : jsonOf(result);
  }
}

interface LoadedExpression {
  readonly parsed: ParsedExpression;
  readonly type: ValueType;
}

function loadExpression(text: string, scope: Scope): LoadedExpression | ExpressionFault[] {
  if (text.length > MOST_SOURCE)
    return [{ offset: 0, message: `has ${text.length} characters; ${MOST_SOURCE} at most` }];
  const deep = deepest(text);
  if (deep >= 0) return [{ offset: deep, message: `has more than ${MOST_BRACKETS} brackets open` }];
  let parsed: ParsedExpression;
  try {
    parsed = parse(text);
  } catch (error) {
    return [parseFault(error)];
  }
  const { type, faults } = checkExpression(text, parsed, scope);
  return faults.length > 0 ? [...faults] : { parsed, type };
}

/** Where too many brackets are open; -1: nowhere. Brackets in texts count too: nobody needs so many. */
function deepest(text: string): number {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(' || character === '[' || character === '{') open++;
    else if (character === ')' || character === ']' || character === '}') open--;
    if (open > MOST_BRACKETS) return at;
  }
  return -1;
}

function parseFault(error: unknown): ExpressionFault {
  const message = error instanceof Error ? error.message : String(error);
  const offset = /<input>:(\d+):(\d+)/.exec(message);
  const found = /found (.+?) but expecting/s.exec(message)?.[1];
  const at = errorOffset(error) ?? (offset === null ? 0 : Number(offset[2]) - 1);
  if (found === undefined) return { offset: at, message: `is no CEL: ${message}` };
  const what = found === 'end of input' ? 'it ends too early' : `${found} can't stand here`;
  return { offset: at, message: `is no CEL: ${what}` };
}

function errorOffset(error: unknown): number | null {
  const at = ['location', 'start', 'offset'].reduce<unknown>(
    (of, name) => (typeof of === 'object' && of !== null ? Reflect.get(of, name) : null),
    error,
  );
  return typeof at === 'number' ? at : null;
}

/**
 * Parts are what `&&`, `||` and `!` join. Negations are pushed down to the parts (`!(a || b)` is `!a && !b`), so that each
 * part that is met speaks for the condition, and each that isn't against it.
 */
function shapeOf(expression: Expression, negated: boolean, add: (part: Expression, negated: boolean) => number): Shape {
  const call = callOf(expression);
  if (call?.name === '_&&_' || call?.name === '_||_') {
    const of = operands(expression, call.name).map((part) => shapeOf(part, negated, add));
    return { is: (call.name === '_&&_') === negated ? 'or' : 'and', of };
  }
  const [inner] = call?.args ?? [];
  if (call?.name === '!_' && inner !== undefined) return shapeOf(inner, !negated, add);
  return { is: 'part', part: add(expression, negated) };
}

const negation = (part: Expression, said: string): string =>
  /^(_.+_|@in)$/.test(callOf(part)?.name ?? '') ? `!(${said})` : `!${said}`;

/** As CEL has it: what decides wins over what can't be told. null: it can't be told. */
function truthOf(shape: Shape, parts: readonly ConditionResult[]): boolean | null {
  if (shape.is === 'part') {
    const part = parts[shape.part];
    return part === undefined || part.because !== null ? null : part.met;
  }
  const decides = shape.is === 'or';
  const truths = shape.of.map((of) => truthOf(of, parts));
  if (truths.includes(decides)) return decides;
  return truths.includes(null) ? null : !decides;
}

/** Of `a && (b || c)` with b met: a alone. */
function blamedOf(shape: Shape, parts: readonly ConditionResult[]): readonly ConditionResult[] {
  if (truthOf(shape, parts) === true) return [];
  if (shape.is !== 'part') return shape.of.flatMap((of) => blamedOf(of, parts));
  const part = parts[shape.part];
  return part === undefined ? [] : [part];
}

function evaluatePart({ text, negated, evaluate, inputs }: Part, values: CelValues): ConditionResult {
  const result = attempt(evaluate, values);
  const seen: Record<string, Json> = {};
  for (const { path, evaluate: read } of inputs) {
    const input = attempt(read, values);
    if (!isCelError(input)) seen[path] = jsonOf(input);
  }
  if (isCelError(result)) return { text, value: null, met: false, inputs: seen, because: sayFault(result.message) };
  if (typeof result !== 'boolean')
    return { text, value: jsonOf(result), met: false, inputs: seen, because: 'it is neither true nor false' };
  const met = result !== negated;
  return { text, value: met, met, inputs: seen, because: null };
}

/** The library gives its errors as values; should it ever throw, that is one more of them. */
function attempt(evaluate: Evaluate, values: CelValues): unknown {
  try {
    return evaluate(values);
  } catch (error) {
    return celError(error);
  }
}

function sayFault(message: string): string {
  const missing = /^field not found: (.*)$/s.exec(message)?.[1];
  if (missing !== undefined) return `there is no "${missing}"`;
  const types = /^found no matching overload for '(.+?)' applied to '\((.*)\)'$/s.exec(message);
  const method = /^found no matching overload for '(.+?)' applied to '(.*?)\.\((.*)\)'$/s.exec(message);
  if (method !== null) return `${method[1]} can't be asked of ${method[2]?.replaceAll('null_type', 'null')}`;
  if (types !== null)
    return `${types[1]?.replaceAll('_', '')} can't be asked of ${types[2]?.replaceAll('null_type', 'null')}`;
  return message;
}

/** The plain paths that a part reads: `dataset.tags` of `dataset.tags.exists(t, t == "x")`. */
function inputsOf(part: Expression, scope: Scope): Part['inputs'] {
  const found = new Map<string, Evaluate>();
  const visit = (expression: Expression): void => {
    const path = pathOf(expression);
    if (path === null) {
      for (const inner of childrenOf(expression)) visit(inner);
      return;
    }
    const [name = ''] = path.split('.', 1);
    if (Object.hasOwn(scope, name)) found.set(path, plan(ENVIRONMENT, expression));
  };
  visit(part);
  return [...found].map(([path, evaluate]) => ({ path, evaluate }));
}

/** With macros as they were written. */
function sayExpression(parsed: ParsedExpression, expr: Expression): string {
  return unparse({ ...parsed, expr });
}
