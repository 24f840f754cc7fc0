/** What is made of a data folder: a backup of it, and a graph that is rebuilt in it, say the same as the hub did. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';

it('a backup of the running hub, and a rebuilt graph, say the same as the hub', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  expect(await runHeadwater(['replay', '--data', join(folder, 'nothing')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('holds no data of a hub'),
  });

  const hub = await startTestHub();
  await hub.send(runEvent('extract', { writes: ['raw'] }));
  const position = await hub.send(runEvent('clean', { reads: ['raw'], writes: ['orders'] }));
  const after = { 'headwater-after': position };
  const { status, body: exported } = await hub.ask({ path: '/api/v1/export', headers: after });
  expect([status, exported]).toEqual([200, expect.stringContaining('"id":"job:shop:clean"')]);

  const copy = join(folder, 'backup');
  const backup = await runHeadwater(['backup', copy, '--data', hub.data]);
  expect(backup).toMatchObject({ code: 0, stdout: expect.stringMatching(/graph\.db[\s\S]*events\.db/) });
  expect(existsSync(join(copy, 'backup.json'))).toBe(true);
  expect(await runHeadwater(['backup', copy, '--data', hub.data])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not empty'),
  });
  expect(await runHeadwater(['replay', '--data', hub.data])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('in use'),
  });
  await hub.stop();

  const exportOf = async (): Promise<string> => {
    const restored = await startTestHub({ data: copy });
    const answer = await restored.ask({ path: '/api/v1/export' });
    expect((await restored.ask({ path: '/health/ready' })).json).toMatchObject({ status: 'ready', backlog: 0 });
    await restored.stop();
    return answer.body;
  };
  expect(await exportOf()).toBe(exported);
  const replayed = await runHeadwater(['replay', '--data', copy]);
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Replayed 2 events: \d+ changes\./) });
  expect(await exportOf()).toBe(exported);
});

it('what people said is in a backup, and outlives a rebuild', { timeout: 120_000 }, async () => {
  const data = join(temporaryFolder(), 'data');
  const copy = join(temporaryFolder(), 'copy');
  const said = async (hub: TestHub, query: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await hub.ask({ method: 'POST', path: '/graphql', body: JSON.stringify({ query }), headers });
    return (answer.json as { data: unknown }).data;
  };
  let hub = await startTestHub({ data });
  await hub.send(runEvent('load', { writes: ['orders_v2'] }));
  const position = await hub.send(runEvent('report', { reads: ['orders'] }));
  await hub.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
  await said(
    hub,
    `mutation { mergeAssets(ids: ["${table('orders_v2')}"], into: "${table('orders')}") { id }
      annotate(subject: "${table('orders')}", text: "late") { id } tag(subject: "job:shop:load", tag: "gold") { id } }`,
  );
  expect((await runHeadwater(['backup', copy, '--data', data])).stdout).toContain('people.db');
  hub.signal('SIGKILL');
  await hub.ended;
  expect((await runHeadwater(['replay', '--data', data])).stdout).toMatch(/^Replayed 2 events/);
  for (const folder of [data, copy]) {
    hub = await startTestHub({ data: folder });
    expect(
      await said(
        hub,
        `{ merged: node(id: "${table('orders_v2')}") { ... on Dataset { id annotations { nodes { text } } } }
          job(namespace: "shop", name: "load") { tags { key } } }`,
      ),
    ).toEqual({
      merged: { id: table('orders'), annotations: { nodes: [{ text: 'late' }] } },
      job: { tags: [{ key: 'gold' }] },
    });
    await hub.stop();
  }
});
