import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type LoggedEvent, type MergeOutcome } from '#lineage';
import { Database } from '../database.ts';
import { GRAPH_FILE, GraphFile } from '../graph-file.ts';
import { PEOPLE_FILE } from '../people-file.ts';
import { Exporter } from '../read/exporter.ts';
import { SqliteGraphReader } from '../read/sqlite-graph-reader.ts';

function logged(position: number, event: unknown): LoggedEvent {
  const body = canonicalJson(event);
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}

const NS = 'kafka://a:9092';
const id = (name: string): string => `dataset:${NS}:${name}`;
const run = (name: string, input: string, output: string) => ({
  eventTime: '2026-01-01T00:00:00.000Z',
  producer: 'urn:test',
  eventType: 'COMPLETE',
  run: { runId: name },
  job: { namespace: 'etl', name },
  inputs: [{ namespace: NS, name: input }],
  outputs: [{ namespace: NS, name: output }],
});
// raw ─▶ one ─▶ orders_v2   orders ─▶ two ─▶ mart
const EVENTS = [logged(1, run('one', 'raw', 'orders_v2')), logged(2, run('two', 'orders', 'mart'))];
const WORD = { by: 'ann', at: Date.UTC(2026, 0, 2), reason: 'the same topic' };
const MERGE = { ids: [id('orders_v2')], into: id('orders'), ...WORD };

describe('merges by hand', () => {
  let folder: string;
  let file: GraphFile;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-merges-'));
    file = new GraphFile(folder);
    file.apply(EVENTS, 0);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });

  const reader = () => new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS);
  const downstream = async (): Promise<string[]> => {
    const { nodes } = await reader().lineage({
      of: [id('raw')],
      direction: 'DOWNSTREAM',
      depth: 9,
      limit: 99,
      asOf: null,
    });
    return nodes.map((node) => node.id).filter((node) => node.startsWith('dataset:'));
  };
  const exported = (mutations = false): string[] => {
    const db = new Database(join(folder, GRAPH_FILE), { readOnly: true });
    try {
      return [...new Exporter(db).lines({ mutations })];
    } finally {
      db.close();
    }
  };
  const reopen = (): void => {
    file.close();
    file = new GraphFile(folder);
  };
  const kinds = (outcome: MergeOutcome): string[] =>
    outcome.kind === 'done' ? outcome.changes.map(({ kind, subject }) => `${kind} ${subject}`) : [];

  it('join lineage at once, are told, and come apart again', async () => {
    expect(await downstream()).toEqual([id('raw'), id('orders_v2')]);
    const merged = file.merge(MERGE);
    expect(merged).toMatchObject({ kind: 'done', node: id('orders') });
    expect(kinds(merged)).toEqual(
      expect.arrayContaining([
        `assets.merged ${id('orders')}`,
        `node.removed ${id('orders_v2')}`,
        `aliases.changed ${id('orders')}`,
        'lineage.changed job:etl:one',
      ]),
    );
    expect(await downstream()).toEqual([id('raw'), id('orders'), id('mart')]);
    expect((await reader().assets([id('orders_v2')]))[0]).toMatchObject({
      id: id('orders'),
      aliases: [id('orders_v2')],
    });
    expect(await reader().merges([id('orders_v2'), id('mart')])).toEqual(
      new Map([[id('orders_v2'), [{ alias: id('orders_v2'), into: id('orders'), ...WORD }]]]),
    );

    const split = file.split({ id: id('orders'), alias: id('orders_v2'), ...WORD, by: 'bob', reason: null });
    expect(split).toMatchObject({ kind: 'done', node: id('orders') });
    expect(kinds(split)).toEqual(
      expect.arrayContaining([`assets.split ${id('orders')}`, `node.added ${id('orders_v2')}`]),
    );
    expect(await downstream()).toEqual([id('raw'), id('orders_v2')]);
    expect(await reader().merges([id('orders')])).toEqual(new Map());
  });

  it('are no part of the export, until they are asked for', () => {
    const before = exported();
    file.merge(MERGE);
    expect(exported()).toEqual(before);
    const line = {
      kind: 'merge',
      id: 'merge:0000000001',
      alias: id('orders_v2'),
      into: id('orders'),
      by: 'ann',
      at: '2026-01-02T00:00:00.000Z',
      reason: 'the same topic',
    };
    const added = (): unknown[] => exported(true).flatMap((each) => (before.includes(each) ? [] : [JSON.parse(each)]));
    expect(added()).toEqual([{ ...line, undone: null }]);
    file.split({ id: id('orders'), alias: id('orders_v2'), by: 'bob', at: WORD.at + 1, reason: null });
    expect(added()).toEqual([{ ...line, undone: { by: 'bob', at: '2026-01-02T00:00:00.001Z', reason: null } }]);
    expect(exported()).toEqual(before);
  });

  it('survive a restart, the loss of the graph, and a rebuild elsewhere', async () => {
    file.merge(MERGE);
    const joined = await downstream();
    reopen();
    expect(await downstream()).toEqual(joined);

    file.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `${GRAPH_FILE}${suffix}`), { force: true });
    file = new GraphFile(folder);
    file.apply(EVENTS, 0);
    expect(await downstream()).toEqual(joined);

    const beside = mkdtempSync(join(tmpdir(), 'headwater-merges-'));
    const rebuilt = new GraphFile(beside, DEFAULT_FLOW_LIMITS, [], folder);
    rebuilt.apply(EVENTS, 0);
    expect((await new SqliteGraphReader(rebuilt.db, DEFAULT_FLOW_LIMITS).resolve([id('orders_v2')]))[0]).toBe(
      id('orders'),
    );
    rebuilt.close();
    expect(existsSync(join(beside, PEOPLE_FILE))).toBe(false);
    rmSync(beside, { recursive: true });
  });

  it('leave no file where nobody said anything', () => {
    expect(existsSync(join(folder, PEOPLE_FILE))).toBe(false);
  });

  it('go from one to the next: the last into names the node', async () => {
    file.merge(MERGE);
    file.merge({ ...WORD, ids: [id('orders')], into: id('mart') });
    expect(await reader().resolve([id('orders_v2'), id('orders')])).toEqual([id('mart'), id('mart')]);
    // What was merged first stays so, although what it was merged into is parted.
    file.split({ id: id('mart'), alias: id('orders'), ...WORD });
    expect(await reader().resolve([id('orders_v2'), id('orders')])).toEqual([id('orders'), id('orders')]);
  });

  it('say what is wrong, and change nothing', async () => {
    const refusals: [MergeOutcome, string, RegExp][] = [
      [file.merge({ ...MERGE, ids: [id('nope')] }), 'UNKNOWN', /ids has .*nope: no dataset is known/],
      [file.merge({ ...MERGE, into: id('nope') }), 'UNKNOWN', /into has/],
      [file.merge({ ...MERGE, ids: [id('orders_v2'), 'job:etl:one'] }), 'WRONG_KIND', /only datasets/],
      [file.merge({ ...MERGE, ids: [id('orders')] }), 'ITSELF', /leave it out/],
      [file.merge({ ...MERGE, ids: [] }), 'ITSELF', /empty/],
      [file.split({ ...WORD, id: id('orders'), alias: id('orders_v2') }), 'NOT_MERGED', /settings/],
      [file.split({ ...WORD, id: id('nope'), alias: id('orders_v2') }), 'UNKNOWN', /nope/],
    ];
    for (const [outcome, why, reason] of refusals) {
      expect(outcome).toMatchObject({ kind: 'refused', why });
      expect(outcome.kind === 'refused' && outcome.reason).toMatch(reason);
    }
    expect(existsSync(join(folder, PEOPLE_FILE))).toBe(false);
    file.merge(MERGE);
    expect(file.merge(MERGE)).toMatchObject({ kind: 'refused', why: 'ALREADY_ONE' });
    expect(file.split({ ...WORD, id: id('orders'), alias: id('mart') })).toMatchObject({
      why: 'NOT_MERGED',
      reason: expect.stringContaining(`by hand were merged ${id('orders_v2')}`),
    });
  });
});
