import { expect } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import type { TestHub } from '../harness.ts';

const APPLIED_WITHIN_MS = 120_000;

let asked = 0;

/** After whatever was done to it: the hub takes a good event and applies it, and has nothing to blame itself for. */
export async function checkWell(hub: TestHub): Promise<void> {
  const name = `well_${++asked}`;
  const position = await hub.send(runEvent(name, { reads: [name], writes: ['all_is_well'] }));
  await applied(hub, position);
  const { status, json } = await hub.ask({ path: `/api/v1/lineage?nodeId=${encodeURIComponent(table(name))}&depth=1` });
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

/** Waits until the position is applied, longer than one read would: what is large takes its time. */
export async function applied(hub: TestHub, position: string): Promise<void> {
  for (const until = performance.now() + APPLIED_WITHIN_MS; ; ) {
    const { status, body } = await hub.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
    if (status === 200) return;
    if (status !== 504 || performance.now() > until) throw new Error(`${position} is not applied: ${status} ${body}`);
  }
}

/** What it logged as an error: nothing that a client sends is one. */
export function errorsOf(hub: TestHub): string[] {
  return hub
    .log()
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
}
