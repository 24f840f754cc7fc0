/** From an event to the webhook that it leads to: the built hub in its own process, under a steady load. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestHub } from '../harness.ts';
import type { Bench, BenchContext } from './bench.ts';
import { quantile } from './figure.ts';
import { cpuMsOf, portOf } from './hub-probe.ts';
import type { ReactionOrder, ReactionReply } from './reaction-plan.ts';
import { inScratch } from './scratch.ts';
import { REALISTIC } from './workload.ts';

const RATE = 500;
const CONNECTIONS = 16;
const JOBS = 200;
const RULES = 10;
/** Fewer webhooks than that an hour, of all rules together, or the brake holds them: see `libs/rules/deciding/brake.ts`. */
const MOST_WEBHOOKS = 580;

export const reaction: Bench = {
  name: 'reaction',
  about: 'from an event to the webhook that it leads to, at 500 events a second',
  run: (context) => inScratch((folder) => measure(folder, context)),
};

async function measure(folder: string, { sizes, report }: BenchContext): Promise<void> {
  const client = fork(fileURLToPath(new URL('./reaction-client.js', import.meta.url)), [], {
    serialization: 'advanced',
  });
  try {
    const said = await ask(client, { listen: true });
    if (!('hook' in said)) throw new Error('the client does not listen');
    const rules = join(folder, 'rules');
    mkdirSync(rules);
    writeFileSync(join(rules, 'hot.yml'), ruleFile(said.hook));
    const hub = await startTestHub({
      data: join(folder, 'data'),
      env: { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', SECRET: `whsec_${'c'.repeat(43)}=` },
    });
    const common = { port: portOf(hub), connections: CONNECTIONS, rate: RATE, rules: RULES };
    const workload = { ...REALISTIC, jobs: JOBS };
    // Code is compiled, names are known; none of these leads to anything.
    await ask(client, {
      plan: { ...common, workload, every: Number.MAX_SAFE_INTEGER, from: 0, count: sizes.reactionWarmup },
    });
    const before = await cpuMsOf(hub);
    const every = Math.max(2, Math.ceil(sizes.reactionEvents / MOST_WEBHOOKS));
    const done = await ask(client, {
      plan: { ...common, workload, every, from: sizes.reactionWarmup, count: sizes.reactionEvents },
    });
    if (!('result' in done)) throw new Error('the client measured nothing');
    const { reactions, answers, wanted, cpuMs, ms } = done.result;
    const hubCpu = (await cpuMsOf(hub)) - before;
    await hub.stop();
    if (reactions.length < wanted) throw new Error(`${reactions.length} of ${wanted} webhooks came`);
    const share = (cpu: number): string => (cpu / ms).toFixed(2);
    const note = `${RATE} events/s of ${JOBS} jobs, one of ${every} fires one of ${RULES} rules; of the cores the hub used ${share(hubCpu)}, client and receiver ${share(cpuMs)}`;
    for (const [label, q] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      report({ name: `reaction.${label}`, value: quantile(reactions, q), unit: 'ms', n: wanted, note });
      report({
        name: `reaction.answer.${label}`,
        value: quantile(answers, q),
        unit: 'ms',
        n: answers.length,
        note: 'of all events, until the 201',
      });
    }
  } finally {
    client.kill();
  }
}

const ruleFile = (url: string): string =>
  `webhooks: { people: { url: "${url}", secret: "\${env:SECRET}" } }\nrules:\n${Array.from(
    { length: RULES },
    (_, n) =>
      `  - { name: hot-${n}, on: dataset.updated, where: 'dataset.name.startsWith("hot_${n}.")', then: [ { webhook: people } ] }\n`,
  ).join('')}`;

function ask(client: ChildProcess, order: ReactionOrder): Promise<ReactionReply> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the client ended with ${code}`));
    client.once('exit', ended);
    client.once('message', (message) => {
      client.off('exit', ended);
      resolve(message as ReactionReply);
    });
    client.send(order);
  });
}
