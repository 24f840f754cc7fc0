import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type LoggedEvent } from '#lineage';
import { GraphFile } from '../graph-file.ts';
import { SqliteGraphReader } from '../read/sqlite-graph-reader.ts';
import { BadAlias } from './configured-aliases.ts';

function logged(position: number, event: unknown): LoggedEvent {
  const body = canonicalJson(event);
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}

const run = (name: string, input: string, output: string) => ({
  eventTime: '2026-01-01T00:00:00.000Z',
  producer: 'urn:test',
  eventType: 'COMPLETE',
  run: { runId: name },
  job: { namespace: 'etl', name },
  inputs: [{ namespace: 'kafka://a:9092', name: input }],
  outputs: [{ namespace: 'kafka://b:9092', name: output }],
});

describe('aliases of the settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-aliases-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const downstream = async (file: GraphFile): Promise<string[]> => {
    const reader = new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS);
    const of = ['dataset:kafka://a:9092:raw'];
    const { nodes } = await reader.lineage({ of, direction: 'DOWNSTREAM', depth: 9, limit: 99, asOf: null });
    return nodes.map(({ id }) => id);
  };

  it('one cluster under two names is one: the first id names it, until the settings say otherwise', async () => {
    // raw ─▶ one ─▶ b:orders   a:orders ─▶ two ─▶ b:mart
    const aliases = [['dataset:kafka://a:9092:orders', 'dataset:kafka://b:9092:orders']];
    let file = new GraphFile(folder, DEFAULT_FLOW_LIMITS, aliases);
    file.apply([logged(1, run('one', 'raw', 'orders')), logged(2, run('two', 'orders', 'mart'))], 0);
    const joined = ['kafka://a:9092:raw', 'kafka://a:9092:orders', 'kafka://b:9092:mart'].map(
      (name) => `dataset:${name}`,
    );
    expect((await downstream(file)).filter((id) => id.startsWith('dataset:'))).toEqual(joined);
    file.close();

    file = new GraphFile(folder, DEFAULT_FLOW_LIMITS);
    expect(await downstream(file)).not.toContain('dataset:kafka://b:9092:mart');
    file.close();

    file = new GraphFile(folder, DEFAULT_FLOW_LIMITS, aliases);
    expect((await downstream(file)).filter((id) => id.startsWith('dataset:'))).toEqual(joined);
    file.close();
  });

  it('an id of anything else is refused by name', () => {
    expect(() => new GraphFile(folder, DEFAULT_FLOW_LIMITS, [['job:a:b', 'dataset:a:b']])).toThrow(BadAlias);
  });
});
