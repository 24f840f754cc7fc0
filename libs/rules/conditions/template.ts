/** Texts with `{{…}}`: each holds an expression that sees what conditions see. */
import type { ExpressionFault } from './check-expression.ts';
import { Expressed } from './condition.ts';
import type { Scope } from './condition-scope.ts';
import type { ConditionValues, Json } from './condition-values.ts';

/** What a reader is shown where nothing is known. */
const NOTHING = 'unknown';
/** Of one filled-in value. */
const MOST_LENGTH = 1_000;

/** A text that was loaded: no name in it is unknown. */
export class Template {
  readonly text: string;
  readonly #pieces: readonly (string | Expressed)[];

  private constructor(text: string, pieces: readonly (string | Expressed)[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /** The template, or what is wrong with it; offsets count in the whole text. */
  static load(text: string, scope: Scope): Template | readonly ExpressionFault[] {
    const pieces: (string | Expressed)[] = [];
    const faults: ExpressionFault[] = [];
    let at = 0;
    for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
      const close = text.indexOf('}}', open);
      if (close < 0) return [{ offset: open, message: '{{ is never closed; add }}' }];
      const inner = text.slice(open + 2, close);
      const start = open + 2 + (inner.length - inner.trimStart().length);
      const loaded = Expressed.load(inner.trim(), scope);
      if (loaded instanceof Expressed) pieces.push(text.slice(at, open), loaded);
      else faults.push(...loaded.map(({ offset, message }) => ({ offset: start + offset, message })));
      at = close + 2;
    }
    pieces.push(text.slice(at));
    return faults.length > 0 ? faults : new Template(text, pieces);
  }

  /** The text with its values; `unknown` where there is none. */
  render(values: ConditionValues): string {
    return this.#pieces.map((piece) => (typeof piece === 'string' ? piece : shown(piece.evaluate(values)))).join('');
  }
}

function shown(value: Json): string {
  if (value === null) return NOTHING;
  const text =
    typeof value === 'string' ? value : Array.isArray(value) ? value.map(shown).join(', ') : JSON.stringify(value);
  return text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text;
}
