/** A hub with rule files and a receiver of what they say. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type TestHub, temporaryFolder } from '../harness.ts';
import { type Receiver, SECRET, startReceiver } from './receiver.ts';

/** @returns the process that is asked, and what ends all of them */
export type StartHub = (
  env: Readonly<Record<string, string>>,
) => Promise<{ readonly hub: TestHub; readonly stop: () => Promise<unknown> }>;

export interface RulesHub {
  readonly hub: TestHub;
  readonly receiver: Receiver;
  readonly rules: string;
  close(): Promise<void>;
}

export const RULES = (url: string): string => `
webhooks:
  people: { url: "${url}", secret: "\${env:HOOK_SECRET}" }
rules:
  - { name: late, on: [freshness.failed, job.stalled, job.silent], then: [ { webhook: people } ] }
  - { name: over, on: incident.resolved, then: [ { webhook: people } ] }
`;

export async function startRulesHub(startHub: StartHub, rulesOf = RULES): Promise<RulesHub> {
  const receiver = await startReceiver();
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'people.yml'), rulesOf(receiver.url));
  const { hub, stop } = await startHub({
    HEADWATER_RULES: rules,
    HEADWATER_OUTGOING_ALLOW: '127.0.0.1',
    HOOK_SECRET: SECRET,
  });
  return {
    hub,
    receiver,
    rules,
    async close() {
      await stop();
      receiver.close();
    },
  };
}

/** At once: what is late must not be so before it is all there. */
export async function sendAll(hub: TestHub, events: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const batch = { method: 'POST', path: '/api/v1/lineage/batch', headers, body: JSON.stringify(events) };
  expect(await hub.ask(batch)).toMatchObject({ status: 204 });
}

/** As it comes: parts that are missing fail where they are asked for. */
export async function graphql(hub: TestHub, query: string) {
  const headers = { 'content-type': 'application/json' };
  const { body } = await hub.ask({ method: 'POST', path: '/graphql', body: JSON.stringify({ query }), headers });
  return JSON.parse(body);
}

export async function untilAsync(holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); ) {
    if (Date.now() > end) throw new Error('it did not come in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Until each of these is held back for its cause. */
export async function untilFolded(hub: TestHub, subjects: readonly string[]): Promise<void> {
  const query = `{ decisions(filter: { subjects: ${JSON.stringify(subjects)} }, first: 100) { nodes { subject { id } guard } } }`;
  await untilAsync(async () => {
    const { nodes } = (await graphql(hub, query)).data.decisions;
    return subjects.every((id) => nodes.some((one: Held) => one.subject.id === id && one.guard === 'FOLDED'));
  }, 60_000);
}

interface Held {
  readonly subject: { readonly id: string };
  readonly guard: string | null;
}

/** All of them, as they are shown. */
export async function incidentsIn(hub: TestHub): Promise<readonly object[]> {
  const { nodes } = (await graphql(hub, '{ incidents { nodes { id state folded { id } } } }')).data.incidents;
  return nodes.map((one: Shown) => ({ ...one, folded: one.folded.map(({ id }) => id) }));
}

interface Shown {
  readonly folded: readonly { readonly id: string }[];
}
