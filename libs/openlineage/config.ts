import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { OpenLineageConfigError } from './config-error.ts';
import { isSettings, type Settings } from './settings.ts';

/** What a client is configured with, in the notation of `openlineage.yml`. */
export interface OpenLineageConfig {
  transport?: { type: string; [key: string]: unknown };
}

export interface ConfigSources {
  /** Wins over the file and the environment. */
  config?: OpenLineageConfig;
  /** Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Default the working folder. */
  cwd?: string;
  /** Default the user's home. */
  home?: string;
}

export interface ResolvedConfig {
  disabled: boolean;
  /** Absent: nothing configures one. */
  transport?: Settings;
}

/** Below these keys stand names, not settings: they stay as they are written. */
const NAMED = new Set(['headers', 'urlparams', 'transports']);

/**
 * Puts the sources together, as the Java and Python clients do: the constructor's settings win over the file
 * (`OPENLINEAGE_CONFIG`, else `openlineage.yml` in the working folder, else in `~/.openlineage/`), the file over
 * `OPENLINEAGE__A__B`, and `OPENLINEAGE_URL` with `OPENLINEAGE_ENDPOINT` and `OPENLINEAGE_API_KEY` counts only where
 * none of these configures a transport: a key meant for one server must not go to another.
 *
 * Keys are read without regard to case and underscores: Java writes `continueOnFailure`, Python `continue_on_failure`,
 * the environment `CONTINUE_ON_FAILURE`.
 */
export function resolveConfig(sources: ConfigSources = {}): ResolvedConfig {
  const env = sources.env ?? process.env;
  if (isDisabled(env)) return { disabled: true };
  const layers = [fromEnvironment(env), fromFile(sources, env), canonical({ ...sources.config })];
  const transport = layers
    .map((layer) => layer.transport)
    .filter((layer) => layer !== undefined && layer !== null)
    .map(asTransport)
    .reduce<Settings | undefined>((lower, higher) => (lower ? mergeTransports(lower, higher) : higher), undefined);
  const resolved = transport ?? fromUrl(env);
  return resolved ? { disabled: false, transport: resolved } : { disabled: false };
}

export function isDisabled(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.OPENLINEAGE_DISABLED?.trim().toLowerCase() === 'true';
}

function fromUrl(env: Readonly<Record<string, string | undefined>>): Settings | undefined {
  const { OPENLINEAGE_URL: url, OPENLINEAGE_ENDPOINT: endpoint, OPENLINEAGE_API_KEY: apikey } = env;
  if (!url) return undefined;
  return {
    type: 'http',
    url,
    ...(endpoint ? { endpoint } : {}),
    ...(apikey ? { auth: { type: 'api_key', apikey } } : {}),
  };
}

/** `OPENLINEAGE__TRANSPORT__AUTH__TYPE=api_key` → `{ transport: { auth: { type: 'api_key' } } }`. */
function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Settings {
  const PREFIX = 'OPENLINEAGE__';
  let settings: Settings = {};
  // Sorted, so that `…__AUTH={json}` comes before `…__AUTH__TYPE`, which refines it.
  for (const name of Object.keys(env).sort()) {
    const value = env[name];
    if (!name.startsWith(PREFIX) || value === undefined) continue;
    const path = name.slice(PREFIX.length).toLowerCase().split('__');
    const nested = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), parsedValue(name, value));
    if (isSettings(nested)) settings = merge(settings, canonical(nested));
  }
  return settings;
}

/** An object or a list is written as JSON; anything else is text, and the transport reads numbers from it. */
function parsedValue(name: string, value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new OpenLineageConfigError(`${name} begins like JSON but is none: ${String(error)}`);
  }
}

function fromFile(sources: ConfigSources, env: Readonly<Record<string, string | undefined>>): Settings {
  const cwd = sources.cwd ?? process.cwd();
  const named = env.OPENLINEAGE_CONFIG;
  const candidates = named
    ? [resolve(cwd, named)]
    : [join(cwd, 'openlineage.yml'), join(sources.home ?? homedir(), '.openlineage', 'openlineage.yml')];
  const path = candidates.find((candidate) => named || existsSync(candidate));
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new OpenLineageConfigError(`${named ? 'OPENLINEAGE_CONFIG' : 'OpenLineage settings'}: ${String(error)}`);
  }
  const settings = parseYaml(path, text);
  if (settings === null || settings === undefined) return {};
  if (!isSettings(settings))
    throw new OpenLineageConfigError(`${path}: settings by name are wanted, as in "transport:"`);
  return canonical(settings);
}

function parseYaml(path: string, text: string): unknown {
  // Loaded when there is a file to read: most processes are configured by the environment and never need it.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  try {
    return parse(text);
  } catch (error) {
    throw new OpenLineageConfigError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of two different types, or two different urls, the higher one stands alone: parts of the lower one aren't meant for it. */
function mergeTransports(lower: Settings, higher: Settings): Settings {
  const differs = (key: string) => higher[key] !== undefined && lower[key] !== undefined && higher[key] !== lower[key];
  return differs('type') || differs('url') ? higher : merge(lower, higher);
}

function asTransport(transport: unknown): Settings {
  if (isSettings(transport)) return transport;
  throw new OpenLineageConfigError('OpenLineage settings: "transport" holds settings by name, such as "type: http"');
}

function merge(lower: Settings, higher: Settings): Settings {
  const merged = { ...lower };
  for (const [key, value] of Object.entries(higher)) {
    const below = merged[key];
    merged[key] = isSettings(below) && isSettings(value) ? merge(below, value) : value;
  }
  return merged;
}

function canonical(settings: Settings): Settings {
  const written: Settings = {};
  for (const [key, value] of Object.entries(settings)) {
    const name = canonicalKey(key);
    written[name] = NAMED.has(name) && isSettings(value) ? mapValues(value, canonicalValue) : canonicalValue(value);
  }
  return written;
}

function canonicalKey(key: string): string {
  const name = key.toLowerCase().replaceAll(/[_-]/g, '');
  return name === 'customheaders' ? 'headers' : name;
}

function canonicalValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalValue);
  return isSettings(value) ? canonical(value) : value;
}

function mapValues(settings: Settings, change: (value: unknown) => unknown): Settings {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, change(value)]));
}
