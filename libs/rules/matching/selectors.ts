/**
 * What a condition says of its subject without being evaluated: constants that the subject must have for the condition
 * to be met at all. They are what rules are found by.
 *
 * ```
 * dataset.name.startsWith("shop.") && (dataset.tags.exists(t, t == "mart") || "tier-1" in dataset.tags)
 * either of         name^shop.                        or  both of   tags∋mart   tags∋tier-1
 * the fewest:       one alternative, of names            two alternatives, of tags: the first is taken
 * ```
 */
import { callOf, type Expression, operands, pathOf, stringOf } from '../conditions/expression.ts';

/** The subject has this value at this path, begins with it, or its list holds it. */
export interface Selector {
  readonly path: string;
  readonly how: 'equals' | 'begins' | 'holds';
  readonly value: string;
}

/** Paths that subjects are indexed by, from the most telling to the least. */
const TELLING: readonly string[] = ['id', 'name', 'tags', 'owners', 'namespace', 'type'];
const ROOTS: ReadonlySet<string> = new Set(['subject', 'dataset', 'job']);
/** So many places in the index for one rule at most; a rule with more alternatives is met by all. */
const MOST_ALTERNATIVES = 100;

/** Alternatives, one of which the subject must meet; null: the condition names no constant that would do. */
export function selectorsOf(condition: Expression): readonly Selector[] | null {
  let best: readonly Selector[] | null = null;
  for (const part of operands(condition, '_&&_')) {
    const found = alternatives(part);
    if (found !== null && found.length <= MOST_ALTERNATIVES && (best === null || weight(found) < weight(best)))
      best = found;
  }
  return best;
}

/** Lower is better: how little the least telling alternative tells, then how many there are. */
function weight(selectors: readonly Selector[]): number {
  const dull = selectors.map(({ path, how, value }) => {
    const rank = TELLING.indexOf(path.slice(path.indexOf('.') + 1));
    // A prefix says more the longer it is, and less than the whole.
    return how === 'begins' ? rank + 1 / (1 + value.length) : rank;
  });
  return Math.max(...dull, 0) * MOST_ALTERNATIVES + selectors.length;
}

function alternatives(part: Expression): readonly Selector[] | null {
  const parts = operands(part, '_||_');
  if (parts.length > 1) {
    const all = parts.map((one) => selectorsOf(one));
    return all.every((one) => one !== null) ? all.flat() : null;
  }
  return compared(part) ?? held(part) ?? existing(part);
}

/** `dataset.name == "a"`, `"a" == dataset.name`, `dataset.name.startsWith("a")`, `dataset.name in ["a", "b"]` */
function compared(part: Expression): readonly Selector[] | null {
  const call = callOf(part);
  const [left, right] = call?.args ?? [];
  if (call === null || left === undefined || right === undefined) return null;
  switch (call.name) {
    case '_==_':
      return equality(left, right) ?? equality(right, left);
    case 'startsWith':
      return selector(left, 'begins', stringOf(right));
    case '@in': {
      const values = stringsOf(right);
      if (values === null || values.length === 0) return null;
      const found = values.map((value) => selector(left, 'equals', value));
      return found.every((one) => one !== null) ? found.flat() : null;
    }
    default:
      return null;
  }
}

const equality = (path: Expression, constant: Expression): readonly Selector[] | null =>
  selector(path, 'equals', stringOf(constant));

/** `"mart" in dataset.tags` */
function held(part: Expression): readonly Selector[] | null {
  const call = callOf(part);
  const [value, list] = call?.args ?? [];
  return call?.name === '@in' && list !== undefined ? selector(list, 'holds', stringOf(value)) : null;
}

/** `dataset.tags.exists(t, t == "mart")`, and with `t in ["mart", "hub"]` or `||` */
function existing({ exprKind }: Expression): readonly Selector[] | null {
  if (exprKind.case !== 'comprehensionExpr') return null;
  const { iterRange, iterVar, accuVar, accuInit, loopStep } = exprKind.value;
  const starts = accuInit?.exprKind.case === 'constExpr' ? accuInit.exprKind.value.constantKind : null;
  const step = callOf(loopStep);
  const [before, test] = step?.args ?? [];
  // `exists` is `false || test || test …`; `all` starts with true, `exists_one` counts.
  if (starts?.case !== 'boolValue' || starts.value || step?.name !== '_||_' || iterRange === undefined) return null;
  if (before === undefined || pathOf(before) !== accuVar || test === undefined) return null;
  const values = operands(test, '_||_').map((one) => valuesOf(one, iterVar));
  if (!values.every((one) => one !== null)) return null;
  const found = values.flat().map((value) => selector(iterRange, 'holds', value));
  return found.every((one) => one !== null) ? found.flat() : null;
}

/** The constants that a name is compared with. */
function valuesOf(test: Expression, name: string): readonly string[] | null {
  const call = callOf(test);
  const [left, right] = call?.args ?? [];
  if (left === undefined || right === undefined) return null;
  if (call?.name === '@in') return pathOf(left) === name ? stringsOf(right) : null;
  if (call?.name !== '_==_') return null;
  const value = pathOf(left) === name ? stringOf(right) : pathOf(right) === name ? stringOf(left) : null;
  return value === null ? null : [value];
}

function stringsOf(list: Expression): readonly string[] | null {
  if (list.exprKind.case !== 'listExpr') return null;
  const values = list.exprKind.value.elements.map(stringOf);
  return values.every((value) => value !== null) ? values : null;
}

const LISTS: ReadonlySet<string> = new Set(['tags', 'owners']);

function selector(of: Expression, how: Selector['how'], value: string | null): readonly Selector[] | null {
  const path = pathOf(of);
  if (path === null || value === null || (how === 'begins' && value === '')) return null;
  const [root = '', field = '', ...more] = path.split('.');
  if (!ROOTS.has(root) || !TELLING.includes(field) || more.length > 0) return null;
  return LISTS.has(field) === (how === 'holds') ? [{ path, how, value }] : null;
}
