/** One plain sentence for each decision. */
import type { ConditionResult } from '../conditions/condition.ts';
import type { Json } from '../conditions/condition-values.ts';
import type { Rule } from '../language/rule-set.ts';
import type { ObservedChange } from './occasion.ts';
import type { NodeView } from './read-view.ts';

/** Of a value in a sentence. */
const MOST_LENGTH = 120;

export const sayFired = ({ name, actions }: Rule, subject: NodeView, { text }: ObservedChange): string =>
  `${name} fired for ${subject.name}: ${text.replace(/\.$/, '')} (${actions.map((action) => action.do).join(', ')}).`;

export const saySuppressed = ({ name }: Rule, subject: NodeView, because: string): string =>
  `${name} met its conditions for ${subject.name} but was held back: ${because}.`;

/** Names the parts that kept the condition from being met, with what they saw. */
export const sayNotMet = ({ name }: Rule, subject: NodeView, blamed: readonly ConditionResult[]): string =>
  `${name} did not fire for ${subject.name}: ${blamed.map(sayResult).join('; ')}.`;

export function sayResult({ text, value, inputs, because }: ConditionResult): string {
  if (because !== null) return `${text} is not met, because ${because}`;
  const seen = Object.entries(inputs).flatMap(([path, input]) => (path === text ? [] : `${path} is ${sayJson(input)}`));
  return `${text} is ${String(value)}${seen.length > 0 ? ` (${seen.join(', ')})` : ''}`;
}

function sayJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text;
}
