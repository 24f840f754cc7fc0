import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GraphDatabase, SqliteGraphStore } from '#graph';
import { SqliteEventLog } from '#queue';
import { logged } from '../../../test/model/order-law.ts';
import { addKey } from '../keys/key-file.ts';
import { examine } from './examine.ts';

// Each makes files with the stores' own threads.
vi.setConfig({ testTimeout: 60_000 });

const folders: string[] = [];
let cwd: string;
let data: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'headwater-doctor-'));
  folders.push(cwd);
  data = join(cwd, 'data');
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** As lines, those that are fine left out. */
async function found(env: Record<string, string> = {}, url?: string): Promise<string[]> {
  const findings = await examine({ flags: { data }, env: { HEADWATER_PORT: '1', ...env }, cwd }, url);
  return findings.flatMap(({ about, severity, text }) =>
    severity === 'fine' ? [] : [`${severity} ${about}: ${text}`],
  );
}

/** A data folder of a hub that took two events and stopped. */
async function makeData(): Promise<void> {
  mkdirSync(data);
  const log = await SqliteEventLog.open({ directory: data, refusalsKept: 10 });
  const store = await SqliteGraphStore.open(data);
  const events = [1, 2].map((n) =>
    logged(
      {
        eventTime: `2026-01-01T0${n}:00:00Z`,
        producer: 'https://example.com/p',
        run: { runId: `0194f1a5-0000-7000-8000-00000000000${n}` },
        job: { namespace: 'etl', name: `job-${n}` },
        inputs: [{ namespace: 'db', name: 'raw' }],
        outputs: [{ namespace: 'db', name: `out-${n}` }],
      },
      n,
    ),
  );
  await log.append(events.map(({ hash, body }) => ({ hash, body, receivedAt: 1 })));
  await store.apply(events);
  await store.close();
  await log.close();
}

function damage(file: string, sql: string): void {
  const db = new GraphDatabase(join(data, file));
  db.exec(sql);
  db.close();
}

describe('nothing is wrong', () => {
  it('with a folder that isn’t there yet, and with one that a hub used; what is fine is said', async () => {
    expect(await found()).toEqual([]);
    await makeData();
    expect(await found()).toEqual([]);
    const findings = await examine({ flags: { data }, env: {}, cwd });
    expect(findings).toContainEqual({ about: 'graph', severity: 'fine', text: 'whole; 2 of 2 positions are applied' });
  });

  it('with a folder that a hub uses', async () => {
    await makeData();
    const log = await SqliteEventLog.open({ directory: data, refusalsKept: 10 });
    const findings = await examine({ flags: { data }, env: {}, cwd });
    expect(findings).toContainEqual({ about: 'data', severity: 'fine', text: `${data}, in use by a hub` });
    await log.close();
  });
});

describe('settings', () => {
  it.each<[Record<string, string>, RegExp]>([
    [{ HEADWATER_PROT: '1' }, /^problem settings: HEADWATER_PROT is not a setting. Did you mean HEADWATER_PORT\?$/],
    [{ HEADWATER_HOST: '0.0.0.0' }, /^problem settings: HEADWATER_HOST is 0\.0\.0\.0, .* there are no keys/],
    [{ NEO4J_URI: 'bolt://127.0.0.1:1' }, /^problem settings: NEO4J_URI is set, and REDIS_URL is not/],
    [{ HEADWATER_KEYS: 'none.json' }, /^problem keys: .*none\.json: there is no key file\. Make it with/],
    [{ HEADWATER_RULES: 'none' }, /^problem rules: there is no folder .*none: make it, or unset HEADWATER_RULES$/],
    [{ HEADWATER_CHEESE: '1' }, /^warning settings: HEADWATER_CHEESE is not a setting of the hub/],
  ])('%j', async (env, line) => {
    expect((await found(env))[0]).toMatch(line);
  });

  it('a key file that is none, or holds no key', async () => {
    const file = join(cwd, 'keys.json');
    writeFileSync(file, 'hello');
    expect(await found({ HEADWATER_KEYS: file })).toEqual([expect.stringMatching(/^problem keys: .* can't be read/)]);
    writeFileSync(file, '{"version":1,"keys":[]}');
    expect(await found({ HEADWATER_KEYS: file })).toEqual([expect.stringMatching(/^warning keys: .* holds no key/)]);
    addKey(file, 'ann', ['read'], new Date());
    expect(await found({ HEADWATER_KEYS: file })).toEqual([]);
  });

  it('rule files, each fault with its place', async () => {
    mkdirSync(join(cwd, 'rules'));
    writeFileSync(join(cwd, 'rules', 'a.yml'), 'rules:\n  - name: x\n    on: nothing.at.all\n');
    expect((await found())[0]).toMatch(/^problem rules: rules\/a\.yml:\d+:\d+ /);
  });

  it('a clock that was never set', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    try {
      expect(await found()).toEqual([expect.stringMatching(/^problem clock: this machine says that it is 1970/)]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the data folder', () => {
  it('is a file', async () => {
    writeFileSync(data, '');
    expect(await found()).toEqual([`problem data: ${data} is a file: name a folder with HEADWATER_DATA`]);
  });

  it('holds files of a newer version', async () => {
    await makeData();
    damage('graph.db', 'PRAGMA user_version = 99');
    damage('events.db', 'UPDATE schema_version SET version = 99');
    expect(await found()).toEqual([
      expect.stringMatching(/^problem data: .*events\.db: it has schema version 99, .*: start the newer version/),
      expect.stringMatching(/^problem graph: .*graph\.db: it has schema version 99, .*: start the newer version/),
    ]);
  });

  it('holds a log that lacks events, and a graph that is ahead of it', async () => {
    await makeData();
    damage('events.db', 'DELETE FROM event WHERE position = 2');
    expect(await found()).toEqual([
      expect.stringMatching(/^problem graph: it is at position 2, and the log ends at 1: .* remove graph\.db/),
    ]);
    damage('events.db', 'UPDATE event SET position = 5');
    expect(await found()).toEqual([expect.stringMatching(/^problem data: .*: 4 of 5 positions are missing: restore/)]);
  });

  it('holds a graph whose rows refer to nothing', async () => {
    await makeData();
    damage('graph.db', "DELETE FROM name WHERE name = 'raw'");
    expect(await found()).toContainEqual(
      expect.stringMatching(/graph\.db: 2 rows of edge refer to a name that isn't there: .*headwater replay/),
    );
  });

  it('holds a file that isn’t one of SQLite, or with broken pages', async () => {
    await makeData();
    writeFileSync(join(data, 'people.db'), 'hello '.repeat(1000));
    expect(await found()).toEqual([expect.stringMatching(/^problem data: .*people\.db: file is not a database/)]);
    rmSync(join(data, 'people.db'));
    const pages = readFileSync(join(data, 'graph.db'));
    writeFileSync(join(data, 'graph.db'), pages.fill(0xff, 5 * 4096, 20 * 4096));
    expect(await found()).toEqual([
      expect.stringMatching(/^problem graph: .*graph\.db: .*: stop the hub, keep a copy/),
    ]);
  });

  it('was written when the clock was ahead', async () => {
    await makeData();
    damage('events.db', `UPDATE event SET received_at = ${Date.now() + 3_600_000} WHERE position = 2`);
    expect(await found()).toEqual([expect.stringMatching(/^warning clock: .* the clock was put back$/)]);
  });
});

describe('the hub', () => {
  async function answering(body: string): Promise<string[]> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await found({ HEADWATER_PORT: String((server.address() as AddressInfo).port) });
    } finally {
      server.close();
    }
  }

  it('says itself what is down; another program on its port is told', async () => {
    const dependencies = { neo4j: { state: 'down', reason: 'no route' }, redis: { state: 'up', reason: null } };
    expect(await answering(JSON.stringify({ status: 'not ready', backlog: 3, dependencies }))).toEqual([
      expect.stringMatching(/^problem hub: at http.*: neo4j is down: no route$/),
    ]);
    expect(await answering('{"hello":"world"}')).toEqual([
      expect.stringMatching(/^problem hub: another program answers at .*HEADWATER_PORT$/),
    ]);
  });

  it('is asked at the URL that is given, where one has to be', async () => {
    expect(await found({}, 'http://127.0.0.1:9/hw/')).toEqual([
      'problem hub: none is running at http://127.0.0.1:9/hw',
    ]);
    expect(await found({}, 'localhost')).toEqual([expect.stringMatching(/^problem hub: "localhost" is no URL/)]);
  });
});
