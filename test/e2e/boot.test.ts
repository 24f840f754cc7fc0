import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hubKeeping, runHeadwater, startTestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';

/** `serve` that is expected to refuse. */
async function refusal(env: Record<string, string>, args: readonly string[] = []): Promise<string> {
  const { code, stderr, stdout } = await runHeadwater(
    ['serve', '--port', '0', '--data', join(temporaryFolder(), 'data'), '--log-level', 'silent', ...args],
    { env },
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

describe('serve refuses to start, in a line that says what to do,', () => {
  it('with a setting that does not exist', async () => {
    const config = join(temporaryFolder(), 'other.yml');
    writeFileSync(config, 'host: 127.0.0.1\nretentoin: 3d\n');
    expect(await refusal({ HEADWATER_CONFIG: config })).toMatch(
      /other\.yml:2: retentoin is not a setting\. Did you mean retention\?/,
    );
  });

  it('on a port that is taken, and on a data folder that is in use', async () => {
    const hub = await startTestHub();
    expect(await refusal({}, ['--port', new URL(hub.address).port])).toMatch(/is taken/);
    expect(await refusal({}, ['--data', hub.data])).toMatch(/in use/);
    await hub.stop();
  });

  it('on a data folder that can not be made', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(await refusal({}, ['--data', join(file, 'data')])).toMatch(/can't make the data folder .*ENOTDIR/);
  });
});

describe('serve', () => {
  it('says where it is, what it keeps things in, and how to send a first event', async () => {
    const hub = await startTestHub({ env: { HEADWATER_LOG_LEVEL: 'info' } });
    const { store, queue } = hubKeeping();
    expect(hub.log()).toContain(`"store":"${store}"`);
    expect(hub.log()).toContain(`"queue":"${queue}`);
    const page = await hub.ask({ path: '/' });
    expect(page.body).toContain(`curl -i ${hub.address}/api/v1/lineage`);
    expect((await hub.ask({ path: '/health/ready' })).json).toMatchObject({
      status: 'ready',
      role: 'all',
      backlog: 0,
      durability: expect.stringContaining('synced'),
    });
    await hub.stop();
  });

  it('greets with a command that works', async () => {
    const folder = temporaryFolder();
    const hub = await startTestHub({ data: join(folder, 'data') });
    const page = await hub.ask({ path: '/' });
    const event = /-d &#39;(.*?)&#39;/s.exec(page.body)?.[1]?.replaceAll('&#34;', '"').replaceAll('&#38;', '&') ?? '';
    const position = await hub.send(JSON.parse(event) as object);
    const asked = await hub.ask({
      path: '/api/v1/lineage?nodeId=job:shop:daily_orders',
      headers: { 'headwater-after': position },
    });
    expect(asked.json).toMatchObject({
      graph: expect.arrayContaining([expect.objectContaining({ id: 'job:shop:daily_orders', type: 'JOB' })]),
    });
    await hub.stop();
  });

  it('takes its settings from flag, variable and file, in that order', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'headwater.yml');
    writeFileSync(config, 'basePath: /file\nlogLevel: debug\n');
    const hub = await startTestHub({
      env: { HEADWATER_BASE_PATH: '/variable' },
      args: ['--config', config, '--base-path', '/flag'],
    });
    expect(hub.address).toMatch(/\/flag$/);
    expect((await hub.ask({ path: '/flag/health/live' })).status).toBe(200);
    expect((await hub.ask({ path: '/health/live' })).status).toBe(404);
    await hub.stop();
  });

  it('joins what aliases in the settings call one, and refuses one that is no id', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'headwater.yml');
    writeFileSync(config, `aliases:\n  - ["${table('orders')}", "${table('orders_old_name')}"]\n`);
    const hub = await startTestHub({ args: ['--config', config] });
    await hub.send(runEvent('writer', { writes: ['orders_old_name'] }));
    const position = await hub.send(runEvent('reader', { reads: ['orders'] }));
    const answer = await hub.ask({
      path: `/api/v1/lineage?nodeId=${encodeURIComponent(table('orders_old_name'))}`,
      headers: { 'headwater-after': position },
    });
    expect(answer.body).toContain('"job:shop:writer"');
    expect(answer.body).toContain('"job:shop:reader"');
    await hub.stop();
    writeFileSync(config, 'aliases:\n  - ["orders", "old"]\n');
    expect(await refusal({ HEADWATER_CONFIG: config })).toMatch(/orders/);
  });
});
