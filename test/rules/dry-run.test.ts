/** A rule that is played over what was comes to what it came to then. */
import { afterEach, expect, it } from 'vitest';
import { LOCAL_VIEWER } from '#lineage';
import { playBack } from '#pipeline';
import { openReactingHub, type ReactingHub } from './reacting-hub.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

const DB = 'postgres://db:5432';
const DAY = 24 * HOUR;
const NIGHTS = 30;
const RULES = `
webhooks: { people: { url: "https://example.com/hook", secret: "\${env:SECRET}" } }
rules:
  - name: refresh
    on: dataset.updated
    when: all-inputs-updated
    job: { namespace: shop, name: mart }
    then: [ { trigger: { airflow: { dag: marts } } } ]
  - name: told
    on: dataset.updated
    where: dataset.name == "orders"
    then: [ { webhook: people } ]
    guard: { cooldown: 4h }
`;

let hub: ReactingHub | null = null;
afterEach(async () => {
  await hub?.close();
  hub = null;
});

let runs = 0;
const run = (job: string, at: number, reads: readonly string[], writes: readonly string[]): object => ({
  eventType: 'COMPLETE',
  eventTime: new Date(at).toISOString(),
  producer: 'https://example.com/dry-run',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}` },
  job: { namespace: 'shop', name: job },
  inputs: reads.map((name) => ({ namespace: DB, name })),
  outputs: writes.map((name) => ({ namespace: DB, name })),
});

/** Orders come each night, each third night twice; customers each second night; the mart once both are there. */
async function play({ send, moveTo }: ReactingHub): Promise<void> {
  for (let night = 0; night < NIGHTS; night++) {
    const at = T0 + night * DAY;
    await moveTo(at + 5 * MINUTE);
    await send(run('orders', at, [], ['orders']));
    await moveTo(at + 3 * HOUR);
    if (night % 3 === 0) await send(run('orders', at + HOUR, [], ['orders']));
    if (night % 2 === 1) continue;
    await send(run('customers', at + 2 * HOUR, [], ['customers']));
    await send(run('mart', at + 2 * HOUR + MINUTE, ['orders', 'customers'], ['mart']));
  }
}

it('over thirty nights', { timeout: 60_000 }, async () => {
  hub = await openReactingHub(RULES, T0);
  await play(hub);
  const live = await hub.decided();
  const reader = hub.store.reader(LOCAL_VIEWER);
  for (const rule of hub.reactor.rules.set.rules) {
    const told = ({ subject, verdict, guard, text }: (typeof live)[number]) => ({ subject, verdict, guard, text });
    // Of the first night nobody knew yet what the mart reads.
    const from = T0 + DAY;
    const { decisions, cut } = await playBack(reader, rule, from, T0 + NIGHTS * DAY);
    expect(cut).toBe(false);
    expect(decisions.map(told)).toEqual(
      live.filter((one) => one.rule === rule.name && one.change.at >= from).map(told),
    );
    expect(new Set(decisions.map(({ verdict }) => verdict)).size).toBeGreaterThan(1);
  }
});
