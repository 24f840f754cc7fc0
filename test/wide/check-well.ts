import { expect } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import type { TestHub } from '../harness.ts';

let asked = 0;

/** After whatever was done to it: the hub takes a good event and applies it, and has nothing to blame itself for. */
export async function checkWell(hub: TestHub): Promise<void> {
  const name = `well_${++asked}`;
  const position = await hub.send(runEvent(name, { reads: [name], writes: ['all_is_well'] }));
  const { status, json } = await hub.ask({
    path: `/api/v1/lineage?nodeId=${encodeURIComponent(table(name))}&depth=1`,
    headers: { 'headwater-after': position },
  });
  expect({ status, json }).toMatchObject({
    status: 200,
    json: { graph: expect.arrayContaining([expect.objectContaining({ id: `job:shop:${name}` })]) },
  });
  expect((await hub.ask({ path: '/health/ready' })).status).toBe(200);
  const metrics = (await hub.ask({ path: '/metrics' })).body;
  for (const blame of ['headwater_apply_faults_total', 'headwater_apply_retries_total']) {
    expect(metrics).toContain(`\n${blame} 0\n`);
  }
  expect(errorsOf(hub)).toEqual([]);
}

/** What it logged as an error: nothing that a client sends is one. */
export function errorsOf(hub: TestHub): string[] {
  return hub
    .log()
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
}
