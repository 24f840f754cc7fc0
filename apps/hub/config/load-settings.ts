import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { FILE_KEYS, SCALAR_SETTINGS, type Settings, settingsSchema, variableOf } from './settings.ts';
import { StartupError } from './startup-error.ts';

/** Variables that are ours but hold no setting of the hub. */
const OTHER_VARIABLES = ['HEADWATER_CONFIG', 'HEADWATER_URL', 'HEADWATER_KEY'];

/** Kubernetes sets these for every Service named `headwater`: they are none of ours. */
const SERVICE_LINK = /^HEADWATER_(SERVICE_.*|PORT_\d+_.*)$/;

export interface SettingsSources {
  /** By dotted path, as text; absent where the flag was not given. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** What is odd but no reason to refuse, for the log. */
  readonly warnings: readonly string[];
}

interface Origins {
  /** Who set a dotted path, as a reader of the error would look for it. */
  readonly by: Map<string, string>;
}

/** Flag over variable over file over default; checked once; every problem is named at once. */
export function loadSettings(sources: SettingsSources): LoadedSettings {
  const origins: Origins = { by: new Map() };
  const configFile = findConfigFile(sources);
  const tree = configFile === null ? {} : readConfigFile(configFile, origins);
  const base = configFile === null ? sources.cwd : dirname(configFile);
  // Paths in the file are relative to the file, those of flags and variables to where the hub was started.
  resolvePaths(tree, base);
  const warnings = checkVariables(sources.env);
  const overrides: Record<string, unknown> = {};
  for (const path of SCALAR_SETTINGS) {
    const variable = variableOf(path);
    const fromEnv = sources.env[variable];
    // An empty variable is how a compose file says "not set".
    if (fromEnv !== undefined && fromEnv !== '') setAt(overrides, path, fromEnv, origins, variable);
    const flag = sources.flags[path];
    if (flag !== undefined) setAt(overrides, path, flag, origins, flagOf(path));
  }
  resolvePaths(overrides, sources.cwd);
  const parsed = settingsSchema.safeParse(merge(tree, overrides));
  if (!parsed.success)
    throw new StartupError(parsed.error.issues.flatMap((issue) => describe(issue, origins, configFile)));
  const data = resolve(sources.cwd, parsed.data.data);
  const rulesFolder = parsed.data.rules ?? resolve(base, 'rules');
  return { settings: deepFreeze({ ...parsed.data, data, configFile, rulesFolder }), warnings };
}

function findConfigFile({ env, cwd }: SettingsSources): string | null {
  const named = env.HEADWATER_CONFIG;
  if (named !== undefined && named !== '') {
    const path = resolve(cwd, named);
    if (!existsSync(path))
      throw new StartupError([`HEADWATER_CONFIG names ${path}, which does not exist. Make it or unset the variable.`]);
    return path;
  }
  const usual = resolve(cwd, 'headwater.yml');
  return existsSync(usual) ? usual : null;
}

function readConfigFile(path: string, origins: Origins): Record<string, unknown> {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new StartupError(
      document.errors.map((error) => `${path}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`),
    );
  }
  const note = (node: unknown, prefix: string): void => {
    if (!isMap(node)) return;
    for (const pair of node.items) {
      if (!isScalar(pair.key)) continue;
      const key = `${prefix}${String(pair.key.value)}`;
      origins.by.set(key, `${path}:${lines.linePos(pair.key.range?.[0] ?? 0).line}`);
      note(pair.value, `${key}.`);
    }
  };
  note(document.contents, '');
  const tree: unknown = document.toJS();
  if (tree === null || tree === undefined) return {};
  if (!isRecord(tree)) throw new StartupError([`${path}: the file must be a map of settings, like "port: 4600".`]);
  return tree;
}

function resolvePaths(tree: Record<string, unknown>, base: string): void {
  for (const key of ['keys', 'data', 'rules']) {
    const value = tree[key];
    if (typeof value === 'string' && value !== '') tree[key] = resolve(base, value);
  }
}

/**
 * A misspelt variable would be silently without effect, so one that is nearly ours is refused; one that is far from
 * all of ours may be somebody's own and is only said.
 */
function checkVariables(env: SettingsSources['env']): string[] {
  const known = [...SCALAR_SETTINGS.map(variableOf), ...OTHER_VARIABLES];
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('HEADWATER_') || known.includes(variable) || SERVICE_LINK.test(variable)) continue;
    const near = nearest(variable, known);
    if (near !== null && near.distance <= 2) problems.push(`${variable} is not a setting. Did you mean ${near.word}?`);
    else warnings.push(`${variable} is not a setting of the hub and has no effect.`);
  }
  if (problems.length > 0) throw new StartupError(problems);
  return warnings;
}

/** `limits.batchBody` is `--limits-batch-body`. */
const flagOf = (path: string): string =>
  `--${path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function setAt(tree: Record<string, unknown>, path: string, value: string, origins: Origins, origin: string): void {
  const [head = '', tail] = path.split('.');
  if (tail === undefined) tree[head] = value;
  else {
    const inner = tree[head];
    tree[head] = { ...(isRecord(inner) ? inner : {}), [tail]: value };
  }
  origins.by.set(path, origin);
}

function merge(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const inner = merged[key];
    merged[key] = isRecord(inner) && isRecord(value) ? merge(inner, value) : value;
  }
  return merged;
}

function describe(issue: z.core.$ZodIssue, origins: Origins, configFile: string | null): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key].join('.');
      const siblings = FILE_KEYS.filter(
        (known) =>
          known.split('.').length === path.length + 1 && known.startsWith(path.map((part) => `${part}.`).join('')),
      );
      // `maxBody` at the top may mean `limits.body`; but a sibling is likelier when it is about as near.
      const near = nearest(
        key,
        siblings.map((known) => known.slice(path.join('.').length).replace(/^\./, '')),
      );
      const where = origins.by.get(full) ?? configFile ?? 'settings';
      return `${where}: ${full} is not a setting.${near === null ? '' : ` Did you mean ${[...path, near.word].join('.')}?`}`;
    });
  }
  // The nearest enclosing setting that somebody set: an item of a list has no origin of its own.
  let where: string | undefined;
  for (let length = path.length; length > 0 && where === undefined; length--)
    where = origins.by.get(path.slice(0, length).join('.'));
  // A flag or a variable says by itself which setting it is; a line of the file doesn't.
  const name = where === undefined || where.includes(':') ? `${path.join('.')}: ` : '';
  const hint =
    where === 'HEADWATER_PORT'
      ? ' (Kubernetes sets HEADWATER_PORT for a Service named "headwater": set enableServiceLinks: false in the pod.)'
      : '';
  return [`${where ?? 'settings'}: ${name}${messageOf(issue)}${hint}`];
}

function messageOf(issue: z.core.$ZodIssue): string {
  // A union's own message is "Invalid input"; what its members wanted is what helps.
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().map((each) => each.message);
    return [...new Set(inner)].join(', or: ');
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
