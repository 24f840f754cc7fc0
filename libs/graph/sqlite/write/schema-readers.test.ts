/** `change.breaking`: a field that goes breaks those who read it, those who may, and nobody else. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Change, canonicalJson, type LoggedEvent } from '#lineage';
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
const lastChange = (...events: readonly object[]): { breaking: boolean | null; text: string } | undefined => {
  const last = lastSchemaChange(...events);
  return last && { breaking: last.breaking, text: last.text };
};

function lastSchemaChange(...events: readonly object[]): Change | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-schema-'));
  folders.push(folder);
  const file = new GraphFile(folder);
  const logged = events.map((event, n): LoggedEvent => {
    const body = canonicalJson(event);
    return { position: n + 1, receivedAt: n + 1, body, hash: createHash('sha256').update(body).digest('hex') };
  });
  const changes = logged.flatMap((event) => file.apply([event], 1).changes);
  file.close();
  return changes.findLast(({ kind }) => kind === 'schema.changed');
}

describe('a field that is gone', () => {
  it('breaks the job that reads it, by name', () => {
    expect(
      lastChange(told(0, 'id', 'email'), read(1, 'mails', ['email']), read(2, 'counts', ['id']), told(3, 'id')),
    ).toEqual({
      breaking: true,
      text: 'the schema of orders changed: REMOVED email; it may break job:etl:mails; 1 field downstream comes from it',
    });
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

describe('whom a change hits', () => {
  /** A run that copies one column of one table into another's. */
  const copy = (
    minute: number,
    job: string,
    from: readonly [string, string],
    to: readonly [string, string],
    facets = {},
  ) => ({
    eventTime: at(minute),
    producer: 'p',
    eventType: 'COMPLETE',
    run: { runId: `${job}-${minute}` },
    job: { namespace: 'etl', name: job, facets },
    inputs: [named(from[0])],
    outputs: [
      {
        ...named(to[0]),
        facets: {
          columnLineage: {
            ...meta,
            fields: {
              [to[1]]: {
                inputFields: [
                  { ...named(from[0]), field: from[1], transformations: [{ type: 'DIRECT', subtype: 'IDENTITY' }] },
                ],
              },
            },
          },
        },
      },
    ],
  });
  const owned = { ownership: { ...meta, owners: [{ name: 'team:mail' }] } };

  it('is followed over many jobs, with the owners of the first', () => {
    const change = lastSchemaChange(
      told(0, 'id', 'email'),
      copy(1, 'mails', ['orders', 'email'], ['mails', 'address'], owned),
      copy(2, 'report', ['mails', 'address'], ['report', 'who']),
      copy(2, 'other', ['mails', 'id'], ['other', 'id']),
      told(3, 'id'),
    );
    expect(change?.hit).toEqual(['job:etl:mails', 'datasetField:db:mails:address', 'datasetField:db:report:who']);
    expect(change?.text).toBe(
      'the schema of orders changed: REMOVED email; it may break job:etl:mails (of team:mail); 2 fields downstream come from it',
    );
  });

  it('is nobody where nobody reads the field', () => {
    const change = lastSchemaChange(
      told(0, 'id', 'email'),
      copy(1, 'ids', ['orders', 'id'], ['ids', 'id']),
      told(3, 'id'),
    );
    expect(change).toMatchObject({ breaking: false, hit: [] });
  });

  it('comes to an end where columns go round in a circle', () => {
    const change = lastSchemaChange(
      told(0, 'id', 'email'),
      copy(1, 'there', ['orders', 'email'], ['mails', 'address']),
      copy(2, 'back', ['mails', 'address'], ['orders', 'email']),
      told(3, 'id'),
    );
    expect(change?.hit).toEqual(['job:etl:there', 'datasetField:db:mails:address', 'datasetField:db:orders:email']);
  });

  it('is told with the new name of a field that what feeds it shows to be renamed', () => {
    const change = lastSchemaChange(
      copy(0, 'load', ['raw', 'mail'], ['orders', 'email']),
      told(1, 'id', 'email'),
      copy(2, 'load', ['raw', 'mail'], ['orders', 'address']),
      told(3, 'id', 'address'),
    );
    expect(change?.text).toBe('the schema of orders changed: RENAMED email to address; nobody is known to read it');
  });
});
