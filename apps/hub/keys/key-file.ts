import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ALL_SCOPES, type Scope } from '#lineage';
import { nearest } from '../config/nearest.ts';
import { StartupError } from '../config/startup-error.ts';
import { hashApiKey, newApiKey } from './api-key.ts';

const scopes: readonly Scope[] = [...ALL_SCOPES];

const entrySchema = z.strictObject({
  name: z.string().regex(/^[\w.@-]{1,100}$/, 'must be 1 to 100 letters, digits or . _ @ -'),
  scopes: z.array(z.enum(['ingest', 'read', 'annotate', 'operate', 'admin'])).min(1),
  /** SHA-256 of the key, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  createdAt: z.string(),
});

const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(entrySchema) });

export type KeyEntry = Readonly<z.output<typeof entrySchema>>;

/** The named keys of a file. Throws a StartupError that says what is wrong with the file. */
export function readKeyFile(path: string): readonly KeyEntry[] {
  if (!existsSync(path)) {
    throw new StartupError([
      `${path}: there is no key file. Make it with "headwater keys add NAME --scopes ingest,read --file ${path}".`,
    ]);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StartupError([
      `${path}: can't be read as a key file: ${error instanceof Error ? error.message : String(error)}.`,
    ]);
  }
  const checked = fileSchema.safeParse(parsed);
  if (!checked.success) {
    throw new StartupError(
      checked.error.issues.map((issue) => `${path}: ${issue.path.map(String).join('.') || 'file'}: ${issue.message}`),
    );
  }
  return checked.data.keys;
}

/** Adds a key and returns it: the only time that it can be read. */
export function addKey(path: string, name: string, wanted: readonly string[], now: Date): string {
  const keys = existsSync(path) ? readKeyFile(path) : [];
  if (keys.some((entry) => entry.name === name)) {
    throw new StartupError([`${path}: a key named ${name} exists. Remove it first, or choose another name.`]);
  }
  const key = newApiKey();
  const entry = {
    name,
    scopes: checkScopes(wanted),
    sha256: hashApiKey(key).toString('hex'),
    createdAt: now.toISOString(),
  };
  const checked = entrySchema.safeParse(entry);
  if (!checked.success)
    throw new StartupError(
      checked.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`),
    );
  writeKeyFile(path, [...keys, checked.data]);
  return key;
}

export function removeKey(path: string, name: string): void {
  const keys = readKeyFile(path);
  const left = keys.filter((entry) => entry.name !== name);
  if (left.length === keys.length) {
    const near = nearest(
      name,
      keys.map((entry) => entry.name),
    );
    throw new StartupError([`${path}: no key is named ${name}.${near === null ? '' : ` Did you mean ${near.word}?`}`]);
  }
  writeKeyFile(path, left);
}

function checkScopes(wanted: readonly string[]): Scope[] {
  const checked: Scope[] = [];
  for (const word of wanted) {
    const scope = scopes.find((known) => known === word);
    if (scope === undefined) {
      const near = nearest(word, scopes);
      throw new StartupError([
        `"${word}" is not a scope. Did you mean ${near?.word ?? 'read'}? Scopes are ${scopes.join(', ')}.`,
      ]);
    }
    if (!checked.includes(scope)) checked.push(scope);
  }
  return checked;
}

/** A crash leaves the old file or the new one, never a half: written beside it, synced, renamed. Only the owner reads it. */
function writeKeyFile(path: string, keys: readonly KeyEntry[]): void {
  try {
    const folder = dirname(path);
    // Not `recursive`: Node's own never comes back below a folder that takes none, as `/proc` doesn't.
    if (!existsSync(folder)) mkdirSync(folder);
    const draft = `${path}.${randomUUID()}.tmp`;
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartupError([`${path}: the key file can't be written: ${why}. Name one in a folder that is there.`]);
  }
}
