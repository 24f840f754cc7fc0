/** What a person says of names, through the built process: seen at once, in `why`, kept by a restart. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';

async function graphql(hub: TestHub, query: string): Promise<unknown> {
  const body = JSON.stringify({ query });
  const { json } = await hub.ask({
    method: 'POST',
    path: '/graphql',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return (json as { data: unknown }).data;
}

it('a merge holds until it is split, whatever becomes of the process', { timeout: 120_000 }, async () => {
  const data = join(temporaryFolder(), 'data');
  let hub = await startTestHub({ data });
  const headwater = (args: readonly string[]) => runHeadwater(args, { env: { HEADWATER_URL: hub.address } });
  const resolved = async (): Promise<unknown> =>
    ((await graphql(hub, `{ node(id: "${table('orders_v2')}") { id } }`)) as { node: { id: string } }).node.id;

  await hub.send(runEvent('load', { writes: ['orders_v2'] }));
  const position = await hub.send(runEvent('report', { reads: ['orders'] }));
  await hub.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
  const before = (await headwater(['export'])).stdout;

  await graphql(
    hub,
    `mutation { mergeAssets(ids: ["${table('orders_v2')}"], into: "${table('orders')}", reason: "renamed by hand") { id } }`,
  );
  const lineage = await headwater(['lineage', 'job:shop:load', '--direction', 'downstream']);
  expect(lineage.stdout).toContain('job:shop:report');
  const why = await headwater(['why', 'job:shop:load', table('orders')]);
  expect(why.stdout).toMatch(/orders_v2 is \S+orders: local said so \S+ \(renamed by hand\)$/m);
  expect((await headwater(['export'])).stdout).toBe(before);
  const more = (await headwater(['export', '--with', 'mutations'])).stdout.split('\n');
  expect(more.filter((line) => !before.includes(line))).toEqual([expect.stringContaining('"kind":"merge"')]);
  hub.signal('SIGKILL');
  await hub.ended;
  hub = await startTestHub({ data });
  expect(await resolved()).toBe(table('orders'));
  expect((await headwater(['export'])).stdout).toBe(before);
  await graphql(hub, `mutation { splitAsset(id: "${table('orders')}", alias: "${table('orders_v2')}") { id } }`);
  expect(await resolved()).toBe(table('orders_v2'));
  await hub.stop();
});
