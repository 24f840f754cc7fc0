import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type LoggedEvent } from '#lineage';
import { type Database, text } from './database.ts';
import { GRAPH_FILE, GraphFile } from './graph-file.ts';
import { Exporter } from './read/exporter.ts';
import { SqliteGraphReader } from './read/sqlite-graph-reader.ts';

/** A graph file that the program of schema version 1 made of EVENTS. */
const VERSION_1 = new URL('../../../test/fixtures/graph.v1.db.gz', import.meta.url);
const EXAMPLES = new URL('../../../docs/examples/', import.meta.url);
const EVENTS: readonly LoggedEvent[] = [
  JSON.parse(readFileSync(new URL('daily-orders.json', EXAMPLES), 'utf8')) as object,
  JSON.parse(readFileSync(new URL('clicks-progress.json', EXAMPLES), 'utf8')) as object,
  loadOf('2026-01-01T01:00:00Z', '019b76da-a800-7000-8000-000000000001', [
    { name: 'id', type: 'int' },
    { name: 'amount', type: 'decimal' },
  ]),
].map(logged);
const NEXT = logged(
  loadOf('2026-01-02T01:00:00Z', '019b7c01-0400-7000-8000-000000000001', [{ name: 'id', type: 'int' }]),
  EVENTS.length,
);

function loadOf(eventTime: string, runId: string, fields: readonly object[]): object {
  const schema = {
    _producer: 'https://example.com',
    _schemaURL: 'https://openlineage.io/spec/facets/1-1-1/SchemaDatasetFacet.json',
    fields,
  };
  return {
    eventType: 'COMPLETE',
    eventTime,
    producer: 'https://example.com/first-event',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId },
    job: { namespace: 'shop', name: 'load' },
    inputs: [],
    outputs: [{ namespace: 'postgres://db:5432', name: 'shop.public.orders', facets: { schema } }],
  };
}

function logged(event: object, index: number): LoggedEvent {
  const body = canonicalJson(event);
  const hash = createHash('sha256').update(body).digest('hex');
  return { position: index + 1, receivedAt: Date.UTC(2026, 0, 2), body, hash };
}

describe('a graph file of schema version 1', () => {
  const folders: string[] = [];
  let upgraded: GraphFile;
  let fresh: GraphFile;
  beforeEach(() => {
    upgraded = open((folder) => writeFileSync(join(folder, GRAPH_FILE), gunzipSync(readFileSync(VERSION_1))));
    fresh = open(() => undefined);
    for (const event of EVENTS) fresh.apply([event], 0);
  });
  afterEach(() => {
    upgraded.close();
    fresh.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function open(prepare: (folder: string) => void): GraphFile {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-schema-'));
    folders.push(folder);
    prepare(folder);
    return new GraphFile(folder);
  }

  it('has the tables and indexes of a new one', () => {
    expect(shapeOf(upgraded.db)).toEqual(shapeOf(fresh.db));
  });

  it('answers and goes on as a new one does', async () => {
    for (const events of [[], [NEXT]]) {
      upgraded.apply(events, 0);
      fresh.apply(events, 0);
      expect([...new Exporter(upgraded.db).lines()]).toEqual([...new Exporter(fresh.db).lines()]);
      expect(await answers(upgraded.db)).toEqual(await answers(fresh.db));
    }
  });
});

/** Each table's columns and each index's definition, whatever the order and the spaces they were written in. */
function shapeOf(db: Database): object {
  const tables = db
    .all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .map((row) => text(row, 'name'));
  const indexes = db.all("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
  return {
    tables: tables.map((table) => [table, db.all('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', table)]),
    indexes: indexes.map((row) => [text(row, 'name'), text(row, 'sql').replace(/\s+/g, ' ')]),
  };
}

async function answers(db: Database): Promise<object> {
  const reader = new SqliteGraphReader(db, DEFAULT_FLOW_LIMITS);
  const query = { after: null, since: null, subjects: null, breaking: null, first: 100 };
  const [counts, common, rare] = await Promise.all([
    reader.counts(),
    reader.changes({ ...query, kinds: null }),
    reader.changes({ ...query, kinds: ['schema.changed', 'aliases.changed'] }),
  ]);
  return {
    counts,
    // Versions differ in the order within a commit.
    kinds: common.items.map(({ kind }) => kind).sort(),
    rare: rare.items.map(({ kind, subject }) => [kind, subject]),
  };
}
