import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';

let hub: TestHub;
const folder = temporaryFolder();
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.stop());

const headwater = (args: readonly string[], input?: string) =>
  runHeadwater(args, { env: { HEADWATER_URL: hub.address }, ...(input === undefined ? {} : { input }) });

/** extract ─▶ raw ─▶ clean ─▶ orders ─▶ report */
const CHAIN = [
  runEvent('extract', { writes: ['raw'] }),
  runEvent('clean', { reads: ['raw'], writes: ['orders'] }),
  runEvent('report', { reads: ['orders'] }),
];

/** Waits for what was sent, as long as it takes: the commands don't. */
async function applied(said: string): Promise<void> {
  const position = /Position (\d+)/.exec(said)?.[1] ?? 'none';
  const asked = { path: '/api/v1/namespaces', headers: { 'headwater-after': position } };
  await expect.poll(async () => (await hub.ask(asked)).status, { timeout: 50_000 }).toBe(200);
}

describe('headwater send', () => {
  it('sends lines, and tells which were refused and why', async () => {
    const file = join(folder, 'events.ndjson');
    const lines = [
      ...CHAIN.map((event) => JSON.stringify(event)),
      'no json',
      '',
      JSON.stringify({ eventTime: '2026-01-01T00:00:00Z' }),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { code, stdout } = await headwater(['send', file]);
    expect(stdout).toMatch(/^Sent 5 events: 3 accepted, 2 refused\. Position \d+\.$/m);
    expect(stdout).toMatch(/^ {2}line 4: /m);
    expect(stdout).toMatch(/^ {2}line 6: .*must not be null/m);
    expect(code).toBe(1);
    await applied(stdout);
  });

  it('sends a document, one object or an array, from standard input, and more than a batch of lines', async () => {
    const one = await headwater(['send', '-', '--json'], JSON.stringify(runEvent('one-document'), null, 2));
    expect(JSON.parse(one.stdout)).toMatchObject({ events: 1, accepted: 1, refused: [] });
    const array = await headwater(['send', '-', '--json'], JSON.stringify([runEvent('a1'), runEvent('a2')], null, 2));
    expect(JSON.parse(array.stdout)).toMatchObject({ events: 2, accepted: 2 });
    const many = Array.from({ length: 1_234 }, (_, i) => JSON.stringify(runEvent(`many-${i}`))).join('\n');
    const lines = await headwater(['send', '-'], many);
    expect(lines.stdout).toMatch(/^Sent 1234 events: 1234 accepted, 0 refused/);
    expect(lines.code).toBe(0);
    await applied(lines.stdout);
  });

  it('says what to do when it can not', async () => {
    expect(await headwater(['send', 'no-such-file'])).toMatchObject({
      code: 2,
      stderr: 'There is no file no-such-file.\n',
    });
    expect(await headwater(['send', folder])).toMatchObject({
      code: 2,
      stderr: `${folder} is a folder. Name a file in it.\n`,
    });
    const nowhere = await runHeadwater(['send', '-', '--url', 'http://127.0.0.1:9'], { input: '{}' });
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Can't reach the hub at http:\/\/127\.0\.0\.1:9 .*headwater serve/),
    });
  });
});

describe('headwater lineage and why', () => {
  it('shows both ways as trees', async () => {
    const { stdout, code } = await headwater(['lineage', table('orders')]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `${[
        table('orders'),
        'upstream',
        '  ← WRITES job:shop:clean',
        `    ← READS ${table('raw')}`,
        '      ← WRITES job:shop:extract',
        'downstream',
        '  → READS job:shop:report',
      ].join('\n')}\n`,
    );
  });

  it('holds to direction and depth, and says where it is cut', async () => {
    const { stdout } = await headwater(['lineage', 'job:shop:report', '--direction', 'upstream', '--depth', '1']);
    expect(stdout).toMatch(/^job:shop:report\nupstream\n {2}← READS \S+orders\ncut at \S+orders: .*raise --depth/);
    expect(stdout).not.toContain('job:shop:clean');
  });

  it('answers as it was at a time', async () => {
    const before = await headwater(['lineage', 'job:shop:report', '--as-of', '2025-12-31']);
    expect(before.stdout).not.toContain('READS');
  });

  it('tells an unknown id, and a wrong option, apart from an empty answer', async () => {
    expect(await headwater(['lineage', 'job:shop:nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Nothing is known by the id job:shop:nobody\. Ids are dataset:NAMESPACE:NAME, /),
    });
    expect(await headwater(['lineage', 'job:shop:report', '--direction', 'sideways'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('upstream, downstream, both'),
    });
  });

  it('why names who said it, when, and in which event, by edge id or by its two ends', async () => {
    const { stdout } = await headwater(['lineage', 'job:shop:report', '--json']);
    const { lineage } = JSON.parse(stdout) as { lineage: { edges: { id: string; to: string }[] } };
    const edge = lineage.edges.find((each) => each.to === 'job:shop:report')?.id ?? '';
    const byId = await headwater(['why', edge]);
    expect(byId.stdout).toMatch(/→ job:shop:report\n {2}READS, certain, holds now/);
    expect(byId.stdout).toContain('https://example.com/e2e');
    expect(byId.stdout).toContain('2026-01-01T00:00:00.000Z');
    expect((await headwater(['why', table('orders'), 'job:shop:report'])).stdout).toBe(byId.stdout);
    const otherwise = table('orders').replace('postgres://db:5432', 'postgresql%3A%2F%2FDB');
    expect((await headwater(['why', otherwise, 'job:shop:report'])).stdout).toBe(byId.stdout);
    expect(await headwater(['why', table('raw'), 'job:shop:report'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no edge from'),
    });
  });
});

describe('headwater export', () => {
  it('gives the same text to a file and to standard output', async () => {
    const out = join(folder, 'export.ndjson');
    expect((await headwater(['export', '-o', out])).code).toBe(0);
    const exported = readFileSync(out, 'utf8');
    expect(exported).toContain('"id":"job:shop:clean"');
    expect((await headwater(['export'])).stdout).toBe(exported);
    expect(await headwater(['export', '-o', join(folder, 'no', 'such', 'file')])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^There is no file .*such.file\.\n$/),
    });
  });
});

describe('headwater keys', () => {
  it('asks for a file rather than choosing one', async () => {
    expect(await runHeadwater(['keys', 'add', 'a', '--scopes', 'read'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--file.*HEADWATER_KEYS/),
    });
  });

  it('shows a key once', async () => {
    const file = join(folder, 'keys.json');
    const made = await runHeadwater(['keys', 'add', 'a', '--scopes', 'read, ingest', '--file', file]);
    const key = /^hw_\S+/.exec(made.stdout)?.[0] ?? '';
    expect(key).toHaveLength(46);
    expect((await runHeadwater(['keys', 'list'], { env: { HEADWATER_KEYS: file } })).stdout).toMatch(
      /^a\tread,ingest\t/,
    );
    expect(readFileSync(file, 'utf8')).not.toContain(key);
    expect((await runHeadwater(['keys', 'remove', 'a', '--file', file])).stdout).toBe('The key of a is removed.\n');
  });
});
