/**
 * Finds, when a rule file is loaded, what would otherwise be found when a table is late at night: names that aren't
 * there, functions that don't take what they are given, conditions that are neither true nor false. The CEL library
 * plans and evaluates; it doesn't export a checker, and one that knows our records can say what was meant.
 */
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { suggestion } from '../language/nearest.ts';
import { callOf, type Expression, type ParsedExpression, stringOf } from './expression.ts';
import { callType, FUNCTION_NAMES } from './functions.ts';
import {
  ANY,
  BOOL,
  BYTES,
  DOUBLE,
  either,
  INT,
  listOf,
  mapOf,
  NULL,
  STRING,
  sayType,
  TYPE,
  type ValueType,
} from './value-type.ts';

/** Loops inside loops; each level multiplies the cost by the length of a list. */
export const MOST_LOOPS = 2;
/** Nested calls, selections and lists. */
export const MOST_DEPTH = 48;

/** What is wrong with an expression, and where in its text (from 0). */
export interface ExpressionFault {
  readonly offset: number;
  readonly message: string;
}

type Names = ReadonlyMap<string, ValueType>;

/** The type of an expression, with its faults: in the order of their places, none twice. */
export function checkExpression(
  text: string,
  parsed: ParsedExpression,
  scope: Readonly<Record<string, ValueType>>,
): { readonly type: ValueType; readonly faults: readonly ExpressionFault[] } {
  const checker = new Checker(text, parsed);
  const type = checker.check(parsed.expr, new Map(Object.entries(scope)), 0, 0);
  return { type, faults: checker.faults() };
}

class Checker {
  readonly #text: string;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #faults = new Map<string, ExpressionFault>();

  constructor(text: string, parsed: ParsedExpression) {
    this.#text = text;
    this.#positions = parsed.sourceInfo?.positions ?? {};
  }

  faults(): ExpressionFault[] {
    return [...this.#faults.values()].sort((a, b) => a.offset - b.offset);
  }

  check(expression: Expression, names: Names, depth: number, loops: number): ValueType {
    if (depth > MOST_DEPTH) return this.#fault(expression, `is nested deeper than ${MOST_DEPTH}; part the rule in two`);
    const { exprKind } = expression;
    const inner = (part: Expression | undefined, more: Names = names): ValueType =>
      part === undefined ? ANY : this.check(part, more, depth + 1, loops);
    switch (exprKind.case) {
      case 'constExpr':
        return constantType(exprKind.value.constantKind.case);
      case 'identExpr':
        return this.#name(expression, exprKind.value.name, names);
      case 'selectExpr': {
        const of = inner(exprKind.value.operand);
        const field = this.#field(expression, of, exprKind.value.field);
        return exprKind.value.testOnly ? BOOL : field;
      }
      case 'callExpr': {
        const call = callOf(expression);
        if (call === null) return ANY;
        const types = call.args.map((arg) => inner(arg));
        return this.#call(expression, call, types);
      }
      case 'listExpr': {
        const types = exprKind.value.elements.map((element) => inner(element));
        return listOf(types.length === 0 ? ANY : types.reduce(either));
      }
      case 'structExpr':
        for (const { value } of exprKind.value.entries) inner(value);
        if (exprKind.value.messageName !== '') return this.#fault(expression, 'messages can’t be made here');
        return mapOf(ANY);
      case 'comprehensionExpr':
        return this.#loop(expression, names, depth, loops);
      default:
        return ANY;
    }
  }

  #name(expression: Expression, name: string, names: Names): ValueType {
    const type = names.get(name);
    if (type !== undefined) return type;
    if (TYPE_NAMES.has(name)) return TYPE;
    const known = [...names.keys()].filter((known) => !known.startsWith('@'));
    return this.#fault(expression, `unknown name "${name}"${suggestion(name, known)}`);
  }

  #field(expression: Expression, of: ValueType, field: string): ValueType {
    switch (of.kind) {
      case 'any':
        return ANY;
      case 'map':
        return of.of;
      case 'record': {
        const type = Object.hasOwn(of.fields, field) ? of.fields[field] : undefined;
        return type ?? this.#fault(expression, `unknown name "${field}"${suggestion(field, Object.keys(of.fields))}`);
      }
      default:
        return this.#fault(expression, `${sayType(of)} has no "${field}"`);
    }
  }

  #call(expression: Expression, call: NonNullable<ReturnType<typeof callOf>>, types: readonly ValueType[]): ValueType {
    const type = callType(call.name, call.method, types);
    if (type === null)
      return this.#fault(expression, `unknown function "${call.name}"${suggestion(call.name, FUNCTION_NAMES)}`);
    if (typeof type === 'string') return this.#fault(expression, type);
    this.#constants(expression, call);
    return type;
  }

  /** A pattern, time or duration that is written out is tried now: it would fail each time. */
  #constants(expression: Expression, { name, args }: NonNullable<ReturnType<typeof callOf>>): void {
    const tried = CONSTANTS.get(name);
    const constant = stringOf(args.at(-1));
    if (tried === undefined || constant === null) return;
    const result = tried(constant);
    if (result !== null) this.#fault(args.at(-1) ?? expression, result);
  }

  #loop(expression: Expression, names: Names, depth: number, loops: number): ValueType {
    if (expression.exprKind.case !== 'comprehensionExpr') return ANY;
    if (loops >= MOST_LOOPS)
      return this.#fault(expression, `has loops in loops deeper than ${MOST_LOOPS}; each multiplies the cost`);
    const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } = expression.exprKind.value;
    const range = iterRange === undefined ? ANY : this.check(iterRange, names, depth + 1, loops);
    const element = range.kind === 'list' ? range.of : range.kind === 'map' || range.kind === 'record' ? STRING : ANY;
    if (!['list', 'map', 'record', 'any'].includes(range.kind))
      return this.#fault(expression, `exists, all, filter and map go over a list, not over ${sayType(range)}`);
    const start = accuInit === undefined ? ANY : this.check(accuInit, names, depth + 1, loops);
    const inside = (sum: ValueType): Names => new Map([...names, [iterVar, element], [accuVar, sum]]);
    const part = (of: Expression | undefined, sum: ValueType): ValueType =>
      of === undefined ? ANY : this.check(of, inside(sum), depth + 1, loops + 1);
    part(loopCondition, start);
    const sum = part(loopStep, start);
    return part(result, sum);
  }

  #fault({ id }: Expression, message: string): ValueType {
    const at = this.#positions[String(id)] ?? 0;
    // Of what is selected or asked of a value the place is the dot.
    const offset = this.#text[at] === '.' ? at + 1 : at;
    // A macro repeats its parts; `size(a.b)` and `a.b` of one fault are one.
    this.#faults.set(`${offset} ${message}`, { offset, message });
    return ANY;
  }
}

function constantType(kind: string | undefined): ValueType {
  switch (kind) {
    case 'boolValue':
      return BOOL;
    case 'int64Value':
    case 'uint64Value':
      return INT;
    case 'doubleValue':
      return DOUBLE;
    case 'stringValue':
      return STRING;
    case 'bytesValue':
      return BYTES;
    default:
      return NULL;
  }
}

const TYPE_NAMES = new Set(['bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type']);

const EMPTY = celEnv({});

function trial(source: string, say: string): (constant: string) => string | null {
  const evaluate = plan(EMPTY, parse(source));
  return (constant) => (isCelError(evaluate({ constant })) ? `"${constant}" is no ${say}` : null);
}

/** Functions that can be tried on their last argument alone. */
const CONSTANTS: ReadonlyMap<string, (constant: string) => string | null> = new Map([
  ['matches', trial('"".matches(constant)', 'pattern of RE2')],
  ['timestamp', trial('timestamp(constant)', 'time; write "2026-01-31T08:00:00Z"')],
  ['duration', trial('duration(constant)', 'duration of CEL; write "90s", "5m" or "2h"')],
]);
