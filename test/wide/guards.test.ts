/** What holds a rule back, on a hub at work, as people see it over GraphQL and as a receiver doesn't. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Neo4jDatabase } from '#graph';
import { runEvent, table } from '../e2e/events.ts';
import { SECRET } from '../e2e/receiver.ts';
import { graphql, type RulesHub, sendAll, startRulesHub, untilAsync } from '../e2e/rules-hub.ts';
import { hubKeeping, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { NEO4J_URI } from '../servers/empty-neo4j.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(rulesOf: (url: string) => string): Promise<RulesHub> {
  const started = await startRulesHub(async (env) => {
    const hub = await startTestHub({ env });
    return { hub, stop: () => hub.stop() };
  }, rulesOf);
  open.push(started);
  return started;
}

const withHook = (url: string, ...rules: readonly string[]): string =>
  `webhooks: { people: { url: "${url}", secret: "\${env:HOOK_SECRET}" } }\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

let runs = 0;
interface Told {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly minute?: number;
  /** Of what it writes. */
  readonly version?: string;
}
/** A run that is over at a minute of an hour long ago. */
function run(eventType: 'COMPLETE' | 'FAIL', job: string, { reads, writes, minute = 0, version }: Told = {}): object {
  const event = runEvent(job, { reads: reads ?? [], writes: writes ?? [] }, { eventType });
  const facets =
    version === undefined
      ? {}
      : { version: { _producer: 'https://e.com', _schemaURL: 'https://e.com/f.json', datasetVersion: version } };
  return {
    ...event,
    eventTime: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}` },
    outputs: (event['outputs'] as readonly object[]).map((dataset) => ({ ...dataset, facets })),
  };
}

interface Decided {
  readonly verdict: string;
  readonly guard: string | null;
  readonly text: string;
  readonly deliveries: readonly object[];
}

/** What was decided of a rule, the oldest first, when it is so much. */
async function decidedOf(hub: TestHub, rule: string, count: number): Promise<readonly Decided[]> {
  const query = `{ decisions(filter: { rules: ["${rule}"] }, first: 100) { nodes { verdict guard text deliveries { id } } } }`;
  let nodes: readonly Decided[] = [];
  await untilAsync(async () => {
    nodes = (await graphql(hub, query)).data.decisions.nodes;
    return nodes.length >= count;
  }, 60_000);
  return nodes.toReversed();
}

const guardsOf = (decided: readonly Decided[]): readonly string[] =>
  decided.map(({ verdict, guard }) => guard ?? verdict);

describe('guards at work', () => {
  it('rate, budget, and a pause of one rule and of all', { timeout: 180_000 }, async () => {
    const about = (name: string, guard = '{}'): string =>
      `{ name: ${name}, on: run.failed, where: 'job.name.startsWith("${name}")', then: [ { webhook: people } ], guard: ${guard} }`;
    const { hub, receiver } = await start((url) =>
      withHook(url, about('capped', '{ max: 2/1h }'), about('dear', '{ budget: 2/1d }'), about('plain')),
    );
    for (const job of ['capped', 'capped', 'capped', 'dear_1', 'dear_2', 'dear_3']) await hub.send(run('FAIL', job));
    expect(guardsOf(await decidedOf(hub, 'capped', 3))).toEqual(['FIRED', 'FIRED', 'RATE']);
    const dear = await decidedOf(hub, 'dear', 3);
    expect(guardsOf(dear)).toEqual(['FIRED', 'FIRED', 'BUDGET']);
    expect(dear[2]?.text).toContain('over all subjects it fired 2 times in the last 1 d already');
    expect(dear[2]?.deliveries).toEqual([]);

    await graphql(hub, 'mutation { pauseRules(name: "plain", reason: "migration") { name } }');
    await hub.send(run('FAIL', 'plain_1'));
    await decidedOf(hub, 'plain', 1);
    await graphql(hub, 'mutation { resumeRules(name: "plain") { name } }');
    await hub.send(run('FAIL', 'plain_2'));
    await decidedOf(hub, 'plain', 2);
    await graphql(hub, 'mutation { pauseRules(reason: "an outage of everything") { name } }');
    await hub.send(run('FAIL', 'plain_3'));
    await decidedOf(hub, 'plain', 3);
    await graphql(hub, 'mutation { resumeRules { name } }');
    await hub.send(run('FAIL', 'plain_4'));
    const plain = await decidedOf(hub, 'plain', 4);
    expect(guardsOf(plain)).toEqual(['PAUSED', 'FIRED', 'PAUSED', 'FIRED']);
    expect(plain[2]?.text).toContain('all rules are paused by local: an outage of everything');

    await receiver.wait(6);
    expect(receiver.received.map(({ data }) => data.subject).sort()).toEqual(
      ['capped', 'capped', 'dear_1', 'dear_2', 'plain_2', 'plain_4'].map((job) => `job:shop:${job}`),
    );
  });

  it('fires for a version of the data once, and when all inputs are there', { timeout: 180_000 }, async () => {
    const { hub, receiver } = await start((url) =>
      withHook(
        url,
        `{ name: fresh, on: dataset.updated, dataset: "${table('versioned')}", then: [ { webhook: people } ] }`,
        `{ name: refresh, on: dataset.updated, when: all-inputs-updated, job: { namespace: shop, name: mart }, then: [ { webhook: people } ] }`,
      ),
    );
    // One after the other: what is decided late is decided by the version that is there by then.
    for (const [n, version] of ['v1', 'v1', 'v2'].entries()) {
      await hub.send(run('COMPLETE', 'load', { reads: ['source'], writes: ['versioned'], minute: n + 1, version }));
      await decidedOf(hub, 'fresh', n + 1);
    }
    expect(guardsOf(await decidedOf(hub, 'fresh', 3))).toEqual(['FIRED', 'SAME_DATA', 'FIRED']);

    // dbt writes one input, somebody's script the other.
    const dbt = (minute: number): object => ({
      ...run('COMPLETE', 'model.orders', { reads: ['raw'], writes: ['orders'], minute }),
      job: { namespace: 'dbt', name: 'model.orders' },
    });
    const script = (minute: number): object => ({
      ...run('COMPLETE', 'customers.sh', { reads: ['crm'], writes: ['customers'], minute }),
      job: { namespace: 'cron', name: 'customers.sh' },
    });
    await hub.send(run('COMPLETE', 'mart', { reads: ['orders', 'customers'], writes: ['mart'], minute: 10 }));
    await hub.send(dbt(11));
    const [first] = await decidedOf(hub, 'refresh', 1);
    expect(first).toMatchObject({ verdict: 'NOT_MET', text: expect.stringContaining('customers') });
    await hub.send(script(12));
    expect(guardsOf(await decidedOf(hub, 'refresh', 2))).toEqual(['NOT_MET', 'FIRED']);
    await hub.send(run('COMPLETE', 'mart', { reads: ['orders', 'customers'], writes: ['mart'], minute: 13 }));
    await hub.send(script(14));
    await decidedOf(hub, 'refresh', 3);
    await hub.send(dbt(15));
    expect(guardsOf(await decidedOf(hub, 'refresh', 4))).toEqual(['NOT_MET', 'FIRED', 'NOT_MET', 'FIRED']);
    await receiver.wait(4);
    expect(receiver.refused).toEqual([]);
  });

  it('evidence that is older than the rule allows holds it back, and it says so', { timeout: 180_000 }, async () => {
    const { hub, receiver, rules } = await start((url) =>
      withHook(
        url,
        '{ name: careful, on: run.failed, then: [ { webhook: people } ], guard: { maxEvidenceAge: 1s } }',
        '{ name: eager, on: run.failed, then: [ { webhook: people } ] }',
      ),
    );
    const env = { HOOK_SECRET: SECRET, HEADWATER_OUTGOING_ALLOW: '127.0.0.1' };
    const none = join(temporaryFolder(), 'rules');
    mkdirSync(none);
    await hub.stop();
    const putBack = await keepDecided(hub);
    // A run fails while nobody decides; whoever decides begins where the kept decisions end, as after a restore.
    const meanwhile = await startTestHub({ data: hub.data, env: { ...env, HEADWATER_RULES: none } });
    const position = await meanwhile.send(run('FAIL', 'load'));
    await meanwhile.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
    await meanwhile.stop();
    await putBack();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const again = await startTestHub({ data: hub.data, env: { ...env, HEADWATER_RULES: rules } });
    open.push({ close: () => again.stop() });
    const [held] = await decidedOf(again, 'careful', 1);
    expect(held).toMatchObject({ verdict: 'SUPPRESSED', guard: 'STALE_EVIDENCE', deliveries: [] });
    expect(held?.text).toMatch(/the evidence is \d+ (s|min).* old; the rule allows 1 s/);
    const asked = await graphql(again, '{ explain(rule: "careful", subject: "job:shop:load") { fired guard text } }');
    expect(asked.data.explain).toMatchObject({ fired: false, guard: 'STALE_EVIDENCE' });
    await receiver.wait(1);
    expect(receiver.received.map(({ data }) => data.rule)).toEqual(['eager']);
  });

  it('what fires far more than usual is held back, one rule and all of them, until somebody resumes', {
    timeout: 240_000,
  }, async () => {
    const names = ['first', 'second', 'third'];
    const { hub, receiver } = await start((url) =>
      withHook(
        url,
        `{ name: wide, on: run.failed, where: 'job.name.startsWith("one_")', then: [ { webhook: people } ] }`,
        ...names.map(
          (name) =>
            `{ name: ${name}, on: run.failed, where: 'job.name.startsWith("all_")', then: [ { webhook: people } ], guard: { budget: 300/1h } }`,
        ),
      ),
    );
    await hourWith(120_000);
    const fail = (of: string, count: number, from = 0): readonly object[] =>
      Array.from({ length: count }, (_, n) => run('FAIL', `${of}_${from + n}`));
    await sendAll(hub, fail('one', 62));
    await receiver.wait(60);
    const wide = guardsOf(await decidedOf(hub, 'wide', 62));
    expect(wide.filter((guard) => guard === 'FIRED').length).toBe(60);
    expect(wide.slice(60)).toEqual(['BRAKE', 'BRAKE']);
    const one = await graphql(hub, '{ explain(rule: "wide", subject: "job:shop:one_61") { fired guard text } }');
    expect(one.data.explain).toMatchObject({
      guard: 'BRAKE',
      text: expect.stringContaining('it fires far more than usual: more than 60 in this hour'),
    });

    // All rules together have 600; 62 were wanted, of which 60 fired.
    await sendAll(hub, fail('all', 180));
    const last = { rule: 'third', subject: 'job:shop:all_179' };
    const asked = `{ explain(rule: "${last.rule}", subject: "${last.subject}") { guard text } }`;
    await receiver.wait(598, 120_000);
    await untilAsync(async () => (await graphql(hub, asked)).data?.explain.guard === 'BRAKE', 60_000);
    const all = (await graphql(hub, asked)).data.explain;
    expect(all.text).toContain('all rules together fire far more than usual: more than 600 in this hour');

    await graphql(hub, 'mutation { resumeRules { name } }');
    await graphql(hub, 'mutation { resumeRules(name: "wide") { name } }');
    await sendAll(hub, [...fail('one', 1, 62), ...fail('all', 1, 180)]);
    await receiver.wait(602);
    expect(
      receiver.received
        .slice(598)
        .map(({ data }) => `${data.rule} ${data.subject}`)
        .sort(),
    ).toEqual(
      ['first job:shop:all_180', 'second job:shop:all_180', 'third job:shop:all_180', 'wide job:shop:one_62'].sort(),
    );
    expect(receiver.refused).toEqual([]);
  });
});

/** Brakes count by the hour: until there is one with so much left. */
async function hourWith(left: number): Promise<void> {
  const rest = 3_600_000 - (Date.now() % 3_600_000);
  if (rest < left) await new Promise((resolve) => setTimeout(resolve, rest));
}

/** Of a hub that is stopped: puts back what was decided by now. */
function keepDecided(hub: TestHub): Promise<() => Promise<void>> {
  return hubKeeping().store === 'Neo4j' ? keepCursor() : Promise.resolve(keepFile(hub));
}

function keepFile({ data }: TestHub): () => Promise<void> {
  const decisions = join(data, 'decisions.db');
  const kept = join(temporaryFolder(), 'decisions.db');
  cpSync(decisions, kept);
  return () => {
    for (const rest of ['', '-wal', '-shm']) rmSync(`${decisions}${rest}`, { force: true });
    cpSync(kept, decisions);
    return Promise.resolve();
  };
}

/** How far was decided: all that a hub without rules alters there. */
async function keepCursor(): Promise<() => Promise<void>> {
  const database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
  open.push({ close: () => database.close() });
  const [kept] = await database.run('MATCH (r:HeadwaterRules) RETURN r.cursor AS cursor');
  return async () => {
    await database.run('MATCH (r:HeadwaterRules) SET r.cursor = $cursor', { cursor: kept?.['cursor'] });
  };
}
