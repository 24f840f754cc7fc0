/** Rule files → the built hub → a real HTTP receiver that verifies signatures. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';
import { type Receiver, SECRET, startReceiver } from './receiver.ts';

const DB = 'postgres://db:5432';
const MARTS = Array.from({ length: 12 }, (_, i) => `mart_${i}`);
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Started {
  readonly hub: TestHub;
  readonly receiver: Receiver;
  readonly rules: string;
}

const RULES = (url: string): string => `
webhooks:
  people: { url: "${url}", secret: "\${env:HOOK_SECRET}" }
rules:
  - { name: late, on: [freshness.failed, job.stalled, job.silent], then: [ { webhook: people } ] }
  - { name: over, on: incident.resolved, then: [ { webhook: people } ] }
`;

async function start(rulesOf = RULES, data?: string): Promise<Started> {
  const receiver = await startReceiver();
  open.push(receiver);
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'people.yml'), rulesOf(receiver.url));
  const hub = await startTestHub({
    ...(data === undefined ? {} : { data }),
    env: { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', HOOK_SECRET: SECRET },
  });
  open.push({ close: () => hub.stop() });
  return { hub, receiver, rules };
}

const dataset = (name: string, facet: object): object => ({
  eventTime: new Date().toISOString(),
  producer: 'https://example.com/e2e',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: DB,
    name: `shop.public.${name}`,
    facets: { headwater_freshness: { _producer: 'https://e.com', _schemaURL: 'https://e.com/f.json', ...facet } },
  },
});

const run = (job: string, reads: readonly string[], writes: readonly string[], n: number): object =>
  runEvent(
    job,
    { reads, writes },
    {
      eventTime: new Date().toISOString(),
      run: { runId: `019b76da-a800-7000-8000-${String(n).padStart(12, '0')}` },
    },
  );

let runs = 0;

/** raw → staging → twelve marts, all of them as far as raw is now. */
async function flow(hub: TestHub): Promise<void> {
  await hub.send(dataset('raw', { maxAge: { fail: '4s' }, watermark: new Date().toISOString() }));
  await hub.send(run('load', ['raw'], ['staging'], ++runs));
  for (const [i, mart] of MARTS.entries()) await hub.send(run(`build_${i}`, ['staging'], [mart], ++runs));
}

describe('rules at work', () => {
  it('a late source is one webhook, its end another; twelve tables downstream are folded', {
    timeout: 90_000,
  }, async () => {
    const { hub, receiver } = await start();
    for (const name of ['staging', ...MARTS]) await hub.send(dataset(name, { maxAge: { fail: '4s' } }));
    await flow(hub);
    await receiver.wait(1);
    expect(receiver.received[0]).toMatchObject({
      type: 'freshness.failed',
      data: { rule: 'late', subject: table('raw'), why: expect.stringContaining('late fired') },
    });
    // Time for the others to be told, were they.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(receiver.received.length).toBe(1);
    await flow(hub);
    await receiver.wait(2);
    const [late, over] = receiver.received;
    expect(over).toMatchObject({ type: 'incident.resolved', data: { rule: 'over', subject: table('raw') } });
    expect(over?.data.incident).toBe(late?.data.incident);
    expect(late?.data['hit']).toEqual(['staging', ...MARTS].map(table).sort());
    expect(receiver.refused).toEqual([]);
  });

  it('an attempt that fails is made again under the same id', { timeout: 60_000 }, async () => {
    const { hub, receiver } = await start(
      (url) => `${RULES(url)}  - { name: broken, on: run.failed, then: [ { webhook: people } ] }\n`,
    );
    receiver.answer(503);
    await hub.send({ ...runEvent('load', { reads: ['a'], writes: ['b'] }), eventType: 'FAIL' });
    await receiver.wait(2);
    expect(receiver.received[1]).toEqual(receiver.received[0]);
    expect(receiver.received[0]?.id).toMatch(/^dlv_[0-9a-f]{32}$/);
  });

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
