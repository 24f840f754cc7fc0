/** What the shape check found, in words of the rule language, at its place in the file. */
import { z } from 'zod';
import { suggestion } from './nearest.ts';
import type { Problem } from './problem.ts';
import { ruleFileSchema } from './rule-file-schema.ts';
import type { SourceText, YamlPath } from './source-text.ts';

type Issue = z.core.$ZodIssue;

/** One problem an issue; of unknown keys one each. */
export function sayIssue(issue: Issue, source: SourceText): Problem[] {
  return sayAt(issue, [], source);
}

function sayAt(issue: Issue, prefix: YamlPath, source: SourceText): Problem[] {
  const path: YamlPath = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const value = valueAt(source.value, path);
  const name = sayPath(path);
  const say = (message: string): Problem[] => [source.problem(path, `${name}: ${message}`)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        ...source.placeOfKey([...path, key]),
        message: `${sayPath([...path, key])}: unknown key${suggestion(key, keysAt(ruleFileSchema, path))}`,
      }));
    case 'invalid_type':
      if (value === undefined) return say(`is missing; add ${sayType(issue.expected)}`);
      return say(`is ${sayKind(value)}; write ${sayType(issue.expected)}`);
    case 'invalid_value': {
      const words = issue.values.map(String);
      if (value === undefined) return say(`is missing; one of ${words.join(', ')}`);
      return say(`"${String(value)}" is not known${suggestion(String(value), words)}`);
    }
    case 'invalid_union':
      return nearestBranch(issue.errors, value).flatMap((inner) => sayAt(inner, path, source));
    case 'invalid_format':
      // The pattern's own message says what to write.
      return say(`"${String(value)}" ${issue.message}`);
    case 'too_small':
      return say(issue.origin === 'array' ? 'is an empty list; name one at least' : 'is empty; write something');
    case 'too_big':
      return say(
        `is too long; ${String(issue.maximum)} ${issue.origin === 'array' ? 'entries' : 'characters'} at most`,
      );
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        ...source.placeOfKey(path),
        message: `${name}: the key "${String(path.at(-1))}" ${inner.message}`,
      }));
    default:
      return say(issue.message);
  }
}

/**
 * Of the forms that a value may have, the one that it was meant to be: whose complaint is deeper inside, and not about
 * the value as a whole. An object that lacks a key was meant to be an object.
 */
function nearestBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] {
  const isText = typeof value !== 'object';
  const whole = (issue: Issue): boolean =>
    issue.path.length === 0 && (issue.code === 'invalid_type' || (issue.code === 'invalid_value' && !isText));
  const fitting = branches.find((issues) => issues.length > 0 && !issues.some(whole));
  return fitting ?? branches.find((issues) => issues.some((issue) => sameKind(issue, value))) ?? branches[0] ?? [];
}

const sameKind = (issue: Issue, value: unknown): boolean =>
  issue.code === 'invalid_type' && (issue.expected === 'array') === Array.isArray(value);

/** `rules[0].then[1].webhook` */
export function sayPath(path: YamlPath): string {
  const said = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
  return said === '' ? 'the file' : said;
}

export function valueAt(value: unknown, path: YamlPath): unknown {
  let found: unknown = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.hasOwn(found, step) ? Reflect.get(found, step) : undefined;
  }
  return found;
}

function sayKind(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `the ${typeof value} ${JSON.stringify(value)}`;
}

function sayType(expected: string): string {
  if (expected === 'string') return 'a text';
  if (expected === 'array') return 'a list';
  return expected === 'object' || expected === 'record' ? 'a map' : `a ${expected}`;
}

/** The keys that a map at this place may have. */
function keysAt(schema: z.core.$ZodType, path: YamlPath): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path));
  const [step, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(schema.shape);
    const inner: unknown = schema.shape[String(step)];
    return inner instanceof z.ZodType ? keysAt(inner, rest) : [];
  }
  if (schema instanceof z.ZodArray) return step === undefined ? [] : keysAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) return step === undefined ? [] : keysAt(schema.valueType, rest);
  return [];
}
