/** `change.breaking`: a field that goes breaks those who read it, those who may, and nobody else. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { canonicalJson, type LoggedEvent } from '#lineage';
import { GraphFile } from '../graph-file.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const meta = { _producer: 'p', _schemaURL: 'urn:facet' };
const named = (name: string) => ({ namespace: 'db', name });
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const told = (minute: number, ...fields: string[]) => ({
  eventTime: at(minute),
  producer: 'p',
  dataset: {
    ...named('orders'),
    facets: { schema: { ...meta, fields: fields.map((name) => ({ name, type: 'int' })) } },
  },
});

/** A run that reads orders; of which columns, where that is known. */
const read = (minute: number, job: string, columns: readonly string[]) => ({
  eventTime: at(minute),
  producer: 'p',
  eventType: 'COMPLETE',
  run: { runId: `${job}-${minute}` },
  job: { namespace: 'etl', name: job },
  inputs: [named('orders')],
  outputs: [
    {
      ...named(`${job}-out`),
      facets:
        columns.length === 0
          ? {}
          : {
              columnLineage: {
                ...meta,
                fields: Object.fromEntries(
                  columns.map((field) => [field, { inputFields: [{ ...named('orders'), field }] }]),
                ),
              },
            },
    },
  ],
});

/** The last schema.changed of a history. */
function lastChange(...events: readonly object[]): { breaking: boolean | null; text: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-schema-'));
  folders.push(folder);
  const file = new GraphFile(folder);
  const logged = events.map((event, n): LoggedEvent => {
    const body = canonicalJson(event);
    return { position: n + 1, receivedAt: n + 1, body, hash: createHash('sha256').update(body).digest('hex') };
  });
  const changes = logged.flatMap((event) => file.apply([event], 1).changes);
  file.close();
  const last = changes.findLast(({ kind }) => kind === 'schema.changed');
  return last && { breaking: last.breaking, text: last.text };
}

describe('a field that is gone', () => {
  it('breaks the job that reads it, by name', () => {
    expect(
      lastChange(told(0, 'id', 'email'), read(1, 'mails', ['email']), read(2, 'counts', ['id']), told(3, 'id')),
    ).toEqual({ breaking: true, text: 'the schema of orders changed: REMOVED email; it may break job:etl:mails' });
  });

  it('breaks a job whose columns nobody knows', () => {
    expect(lastChange(told(0, 'id', 'email'), read(1, 'export', []), told(3, 'id'))?.breaking).toBe(true);
  });

  it('breaks nothing where all readers are known to read other columns, and says so', () => {
    expect(lastChange(told(0, 'id', 'email'), read(2, 'counts', ['id']), told(3, 'id'))).toEqual({
      breaking: false,
      text: 'the schema of orders changed: REMOVED email; nobody is known to read it',
    });
  });

  it('breaks nothing where nobody reads the table', () => {
    expect(lastChange(told(0, 'id', 'email'), told(3, 'id'))?.breaking).toBe(false);
  });
});

describe('a field that is new', () => {
  it('breaks nothing', () => {
    expect(lastChange(told(0, 'id'), read(1, 'export', []), told(3, 'id', 'email'))).toEqual({
      breaking: false,
      text: 'the schema of orders changed: ADDED email',
    });
  });
});
