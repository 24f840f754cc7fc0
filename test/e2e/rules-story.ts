/** Rule files → the built hub → a real HTTP receiver that verifies signatures: the same on either size. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runHeadwater, type TestHub } from '../harness.ts';
import { runEvent, table } from './events.ts';
import {
  graphql,
  incidentsIn,
  RULES,
  type RulesHub,
  type StartHub,
  sendAll,
  startRulesHub,
  untilAsync,
  untilFolded,
} from './rules-hub.ts';

const DB = 'postgres://db:5432';
const MARTS = Array.from({ length: 12 }, (_, i) => `mart_${i}`);

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

const run = (job: string, reads: readonly string[], writes: readonly string[], n: number, at = Date.now()): object =>
  runEvent(
    job,
    { reads, writes },
    {
      eventTime: new Date(at).toISOString(),
      run: { runId: `019b76da-a800-7000-8000-${String(n).padStart(12, '0')}` },
    },
  );

let runs = 0;

/** raw → staging → twelve marts, all of them as far as raw is now. */
async function flow(hub: TestHub, fail: string): Promise<void> {
  const now = Date.now();
  await sendAll(hub, [
    dataset('raw', { maxAge: { fail }, watermark: new Date(now).toISOString() }),
    run('load', ['raw'], ['staging'], ++runs, now + 1),
    ...MARTS.map((mart, i) => run(`build_${i}`, ['staging'], [mart], ++runs, now + 2)),
  ]);
}

/** @param late after how long tables are late: all of a story's events are to be applied by then */
export function rulesStory(size: string, late: string, startHub: StartHub): void {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function start(rulesOf = RULES): Promise<RulesHub> {
    const started = await startRulesHub(startHub, rulesOf);
    open.push(started);
    return started;
  }

  describe(`rules at work: ${size}`, () => {
    it('a late source is one webhook, its end another; twelve tables downstream are folded', {
      timeout: 180_000,
    }, async () => {
      const { hub, receiver } = await start();
      const tables = ['staging', ...MARTS];
      await sendAll(
        hub,
        tables.map((name) => dataset(name, { maxAge: { fail: late } })),
      );
      await flow(hub, late);
      await receiver.wait(1);
      expect(receiver.received[0]).toMatchObject({
        type: 'freshness.failed',
        data: { rule: 'late', subject: table('raw'), why: expect.stringContaining('late fired') },
      });
      await untilFolded(hub, tables.map(table));
      // Time for the others to be told, were they.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(receiver.received.length).toBe(1);
      await flow(hub, late);
      await receiver.wait(2);
      const [first, over] = receiver.received;
      expect(over).toMatchObject({ type: 'incident.resolved', data: { rule: 'over', subject: table('raw') } });
      expect(over?.data.incident).toBe(first?.data.incident);
      expect(first?.data['hit']).toEqual(['staging', ...MARTS].map(table).sort());
      expect(receiver.refused).toEqual([]);
      expect(await incidentsIn(hub)).toEqual([
        { id: first?.data.incident, state: 'RESOLVED', folded: tables.map(table).sort() },
      ]);
    });

    it('a policy that a rule file names is a webhook at its deadline, and its end another when it goes', {
      timeout: 120_000,
    }, async () => {
      const policy = `freshness: [ { name: fresh, where: 'dataset.name.endsWith(".raw")', maxAge: { fail: 3s } } ]\n`;
      const { hub, receiver, rules } = await start((url) => policy + RULES(url));
      await hub.send(dataset('raw', { watermark: new Date().toISOString() }));
      await receiver.wait(1);
      expect(receiver.received[0]).toMatchObject({ type: 'freshness.failed', data: { subject: table('raw') } });
      writeFileSync(join(rules, 'people.yml'), RULES(receiver.url));
      await receiver.wait(2);
      expect(receiver.received[1]).toMatchObject({ type: 'incident.resolved', data: { subject: table('raw') } });
    });

    it('GraphQL and the command line show, explain and handle what was decided', { timeout: 180_000 }, async () => {
      const { hub, receiver, rules } = await start(
        (url) =>
          `${RULES(url)}  - { name: broken, on: run.failed, where: job.name != "quiet", then: [ { webhook: people } ], guard: { cooldown: 1h } }\n`,
      );
      const failed = (job: string, n: number): object => ({ ...run(job, ['a'], ['b'], n), eventType: 'FAIL' });
      await hub.send(failed('load', 1_001));
      await receiver.wait(1);
      await hub.send(failed('load', 1_002));
      const last = await hub.send(failed('quiet', 1_003));
      await hub.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': last } });
      await untilAsync(
        async () => (await graphql(hub, '{ decisions { nodes { id } } }')).data.decisions.nodes.length === 3,
      );

      const shown = await graphql(
        hub,
        `{ decisions { nodes { text verdict guard subject { id } rule { name line } conditions { text met } change { kind } deliveries { to state attempts } } }
         rules { name on paused lastFired file }
         incidents(filter: { states: [OPEN] }) { nodes { id kind state subject { id } timeline { did who } } } }`,
      );
      expect(shown.errors).toBeUndefined();
      const { decisions, incidents } = shown.data;
      expect(decisions.nodes.map(({ verdict, guard, subject }: Shown) => [subject.id, verdict, guard])).toEqual([
        ['job:shop:quiet', 'NOT_MET', null],
        ['job:shop:load', 'SUPPRESSED', 'COOLDOWN'],
        ['job:shop:load', 'FIRED', null],
      ]);
      expect(decisions.nodes[2]).toMatchObject({
        rule: { name: 'broken', line: 7 },
        change: { kind: 'run.failed' },
        deliveries: [{ to: 'webhook:people', state: 'DELIVERED', attempts: 1 }],
      });
      expect(shown.data.rules[2]).toMatchObject({
        name: 'broken',
        on: ['run.failed'],
        paused: false,
        file: 'rules/people.yml',
      });
      const [incident] = incidents.nodes;
      expect(incident).toMatchObject({
        kind: 'run.failed',
        subject: { id: 'job:shop:load' },
        timeline: [{ did: 'opened' }],
      });

      const env = { HEADWATER_URL: hub.address };
      const explained = await runHeadwater(['explain', 'broken', 'job:shop:quiet'], { env });
      expect(explained.stdout).toMatch(
        /broken did not fire for quiet: job\.name != "quiet" is false \(job\.name is "quiet"\)\.\n {2}✗ job\.name/,
      );
      const never = await graphql(
        hub,
        '{ explain(rule: "late", subject: "job:shop:load") { fired text decision { id } } }',
      );
      expect(never.data.explain).toMatchObject({
        fired: false,
        decision: null,
        text: expect.stringContaining('was never asked about'),
      });
      const day = 86_400_000;
      const between = `from: "${new Date(Date.now() - day).toISOString()}", to: "${new Date(Date.now() + day).toISOString()}"`;
      const dry = await graphql(
        hub,
        `{ dryRun(rule: "broken", ${between}) { fired suppressed notMet cut decisions { verdict } } }`,
      );
      expect(dry.data.dryRun).toMatchObject({ fired: 1, suppressed: 1, notMet: 1, cut: false });

      const handled = await graphql(
        hub,
        `mutation { acknowledge(incident: "${incident.id}", note: "on it") { state timeline { did who note } } }`,
      );
      expect(handled.data.acknowledge).toMatchObject({
        state: 'ACKNOWLEDGED',
        timeline: [{}, { did: 'acknowledged', who: 'local', note: 'on it' }],
      });
      await graphql(hub, `mutation { resolve(incident: "${incident.id}", reason: "fixed") { state } }`);
      await receiver.wait(2);
      expect(receiver.received[1]).toMatchObject({ type: 'incident.resolved', data: { rule: 'over' } });
      const twice = await graphql(hub, `mutation { resolve(incident: "${incident.id}", reason: "fixed") { state } }`);
      expect(twice.errors?.[0]?.extensions.code).toBe('CONFLICT');
      const paused = await graphql(hub, 'mutation { pauseRules(name: "broken", reason: "migration") { name paused } }');
      expect(paused.data.pauseRules).toEqual([{ name: 'broken', paused: true }]);
      const { deliveries } = (
        await graphql(hub, '{ decisions(filter: { verdicts: [FIRED] }) { nodes { deliveries { id } } } }')
      ).data.decisions.nodes[1];
      await graphql(hub, `mutation { redeliver(delivery: "${deliveries[0].id}") { state } }`);
      await receiver.wait(3);
      expect(receiver.received[2]?.id).toBe(receiver.received[0]?.id);

      const checked = await runHeadwater(['rules', 'check', rules]);
      expect(checked).toMatchObject({
        code: 0,
        stdout: '1 file: 3 rules, 0 freshness policies, 1 webhook. Nothing is wrong.\n',
      });
      writeFileSync(
        join(rules, 'more.yml'),
        'rules:\n  - { name: late, on: run.fialed, then: [ { tag: { add: x } } ] }\n',
      );
      const wrong = await runHeadwater(['rules', 'check', rules]);
      expect(wrong.code).toBe(1);
      expect(wrong.stdout).toMatch(
        /rules\/more\.yml:2:\d+ rules\[0\]\.on: "run\.fialed" is not known; did you mean "run\.failed"\?/,
      );
    });

    it('an attempt that fails is made again under the same id', { timeout: 120_000 }, async () => {
      const { hub, receiver } = await start(
        (url) => `${RULES(url)}  - { name: broken, on: run.failed, then: [ { webhook: people } ] }\n`,
      );
      receiver.answer(503);
      await hub.send({ ...runEvent('load', { reads: ['a'], writes: ['b'] }), eventType: 'FAIL' });
      await receiver.wait(2);
      expect(receiver.received[1]).toEqual(receiver.received[0]);
      expect(receiver.received[0]?.id).toMatch(/^dlv_[0-9a-f]{32}$/);
    });
  });
}

interface Shown {
  readonly verdict: string;
  readonly guard: string | null;
  readonly subject: { readonly id: string };
}
