/** The parsed form of CEL, and the few things that are asked of it. */
import type { parse } from '@bufbuild/cel';

export type ParsedExpression = ReturnType<typeof parse>;
export type Expression = ParsedExpression['expr'];

/** `dataset.name` of the expression that selects it; null: not a plain path from a name. */
export function pathOf(expression: Expression): string | null {
  const { exprKind } = expression;
  if (exprKind.case === 'identExpr') return exprKind.value.name;
  if (exprKind.case !== 'selectExpr' || exprKind.value.testOnly || exprKind.value.operand === undefined) return null;
  const operand = pathOf(exprKind.value.operand);
  return operand === null ? null : `${operand}.${exprKind.value.field}`;
}

/** The text of a constant; null: no text. */
export function stringOf(expression: Expression | undefined): string | null {
  if (expression?.exprKind.case !== 'constExpr') return null;
  const { constantKind } = expression.exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : null;
}

/** Function, target (as the first argument where there is one) and arguments of a call. */
export function callOf(
  expression: Expression | undefined,
): { readonly name: string; readonly method: boolean; readonly args: readonly Expression[] } | null {
  if (expression?.exprKind.case !== 'callExpr') return null;
  const { function: name, target, args } = expression.exprKind.value;
  return { name, method: target !== undefined, args: target === undefined ? args : [target, ...args] };
}

/** The parts of `a && b && c`, or of `||`: the flat list; the expression itself where it is neither. */
export function operands(expression: Expression, operator: '_&&_' | '_||_'): readonly Expression[] {
  const call = callOf(expression);
  return call?.name === operator ? call.args.flatMap((part) => operands(part, operator)) : [expression];
}

/** The expressions directly inside. */
export function childrenOf({ exprKind }: Expression): readonly Expression[] {
  switch (exprKind.case) {
    case 'selectExpr':
      return present(exprKind.value.operand);
    case 'callExpr':
      return [...present(exprKind.value.target), ...exprKind.value.args];
    case 'listExpr':
      return exprKind.value.elements;
    case 'structExpr':
      return exprKind.value.entries.flatMap(({ keyKind, value }) => [
        ...(keyKind.case === 'mapKey' ? [keyKind.value] : []),
        ...present(value),
      ]);
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      return [iterRange, accuInit, loopCondition, loopStep, result].flatMap(present);
    }
    default:
      return [];
  }
}

const present = (expression: Expression | undefined): Expression[] => (expression === undefined ? [] : [expression]);
