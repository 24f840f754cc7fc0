/** Rule files that change under a hub at work, and that are wrong when it starts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { type Receiver, SECRET, startReceiver } from '../e2e/receiver.ts';
import { RULES } from '../e2e/rules-hub.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Started {
  readonly hub: TestHub;
  readonly receiver: Receiver;
  readonly rules: string;
}

async function start(rulesOf = RULES): Promise<Started> {
  const receiver = await startReceiver();
  open.push(receiver);
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'people.yml'), rulesOf(receiver.url));
  const hub = await startTestHub({
    env: { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', HOOK_SECRET: SECRET },
  });
  open.push({ close: () => hub.stop() });
  return { hub, receiver, rules };
}

describe('rule files', () => {
  it('rules that are changed are in force without a restart; wrong ones are told, and change nothing', {
    timeout: 60_000,
  }, async () => {
    const { hub, receiver, rules } = await start();
    const file = join(rules, 'people.yml');
    writeFileSync(file, RULES(receiver.url).replace('on: incident.resolved', 'on: incident.resolvd'));
    await until(() => hub.log().includes('people.yml:6:'));
    expect(hub.log()).toContain('did you mean \\"incident.resolved\\"?');
    const { json } = await hub.ask({ path: '/health/ready' });
    expect((json as { dependencies: { rules: object } }).dependencies.rules).toMatchObject({ state: 'down' });
    writeFileSync(file, RULES(receiver.url).replace('on: incident.resolved', 'on: run.failed'));
    await until(() => hub.log().includes('other rules are in force'));
    await hub.send({ ...runEvent('load', { reads: ['a'], writes: ['b'] }), eventType: 'FAIL' });
    await receiver.wait(1);
    expect(receiver.received[0]?.data.rule).toBe('over');
  });

  it('what is wrong at the first start is told with its place; later the last good rules go on', {
    timeout: 60_000,
  }, async () => {
    const broken = (url: string): string => RULES(url).replace('webhook: people', 'webhook: poeple');
    await expect(start(broken)).rejects.toThrow(
      /people\.yml:5:\d+ there is no webhook "poeple"; did you mean "people"\?/,
    );
    const { hub, receiver, rules } = await start();
    await hub.stop();
    writeFileSync(join(rules, 'people.yml'), broken(receiver.url));
    const again = await startTestHub({ data: hub.data, env: { HEADWATER_RULES: rules, HOOK_SECRET: SECRET } });
    open.push({ close: () => again.stop() });
    expect(again.log()).toContain('started with the last good ones');
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); ) {
    if (Date.now() > end) throw new Error('it did not come in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
