/** A backup of a hub that takes events meanwhile: whole up to some position, and a hub on it goes on from there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import { runHeadwater, startTestHub, temporaryFolder } from '../harness.ts';
import { differenceOf } from '../model/order-law.ts';

it('taken under load, and restored', { timeout: 180_000 }, async () => {
  const hub = await startTestHub();
  let on = true;
  let sent = 0;
  const event = (n: number) => runEvent(`job-${n}`, { reads: [`table_${n % 17}`], writes: [`table_${(n + 5) % 17}`] });
  const sender = async (): Promise<void> => {
    while (on) await hub.send(event(sent++));
  };
  const load = Promise.all(Array.from({ length: 4 }, sender));
  const copy = join(temporaryFolder(), 'copy');
  await expect.poll(() => sent, { timeout: 30_000 }).toBeGreaterThan(100);
  const before = sent;
  const backup = await runHeadwater(['backup', copy, '--data', hub.data]);
  expect(backup).toMatchObject({ code: 0 });
  // It was taken while events came, and they came on.
  await expect.poll(() => sent, { timeout: 30_000 }).toBeGreaterThan(before + 10);
  on = false;
  await load;
  expect(readdirSync(copy).sort()).toEqual(['backup.json', 'decisions.db', 'events.db', 'graph.db']);

  const restored = await startTestHub({ data: copy });
  await expect
    .poll(async () => (await restored.ask({ path: '/health/ready' })).json, { timeout: 60_000 })
    .toMatchObject({ backlog: 0 });
  const { head } = (await restored.ask({ path: '/health/ready' })).json as { head: number };
  expect(head).toBeGreaterThanOrEqual(before - 4);
  // What came after it is sent again: repeats are known, and both hubs say the same.
  let position = '0';
  for (let n = 0; n < sent; n++) position = await restored.send(event(n));
  expect(Number(position)).toBeLessThanOrEqual(sent);
  await restored.ask({
    path: `/api/v1/lineage?nodeId=${table('table_1')}`,
    headers: { 'headwater-after': String(sent) },
  });
  await hub.ask({ path: `/api/v1/lineage?nodeId=${table('table_1')}`, headers: { 'headwater-after': String(sent) } });
  const [a, b] = await Promise.all(
    [hub, restored].map(async (each) => (await each.ask({ path: '/api/v1/export' })).body),
  );
  expect(differenceOf(a?.split('\n') ?? [], b?.split('\n') ?? [])).toBeNull();
  await Promise.all([hub.stop(), restored.stop()]);
});
