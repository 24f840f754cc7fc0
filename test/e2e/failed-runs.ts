/** Runs that fail, rules that tell of each, and what has to be so once all of it was decided and sent: on either size. */
import { expect } from 'vitest';
import type { Decision, DecisionStore, Delivery } from '#rules';
import type { TestHub } from '../harness.ts';
import { runEvent } from './events.ts';
import type { ReceivedHook, Receiver } from './receiver.ts';

/** So many that the brake of a rule (60 fires an hour) holds none of them. */
const RULES = 200;
/** Each fails several times: what is sent about one job has an order. */
const JOBS = 2_000;
const JSON_TYPE = { 'content-type': 'application/json' };

const runIdOf = (n: number): string => `019b76da-a800-7000-8000-${String(n).padStart(12, '0')}`;
const jobOf = (n: number): string => `r${n % RULES}.job_${n % JOBS}`;

const failure = (n: number): object =>
  runEvent(
    jobOf(n),
    {},
    {
      eventType: 'FAIL',
      eventTime: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
      run: { runId: runIdOf(n) },
    },
  );

export const rulesFor = (url: string): string => `webhooks: { people: { url: "${url}", secret: "\${env:HOOK_SECRET}" } }
rules:
${Array.from({ length: RULES }, (_, i) => `  - { name: rule-${i}, on: run.failed, where: 'job.name.startsWith("r${i}.")', then: [ { webhook: people } ] }\n`).join('')}`;

/** One failed run each, in one request. @throws where they are not taken */
export async function sendFailures(hub: TestHub, numbers: readonly number[]): Promise<void> {
  await resume(hub);
  const body = JSON.stringify(numbers.map(failure));
  const { status } = await hub.ask({ method: 'POST', path: '/api/v1/lineage/batch', body, headers: JSON_TYPE });
  if (status !== 204) throw new Error(`not taken: ${status}`);
}

/** Nobody may have 600 alarms an hour without saying that it is all right; the tests are not about that brake. */
async function resume(hub: TestHub): Promise<void> {
  const body = JSON.stringify({ query: 'mutation { resumeRules { name } }' });
  const { json } = await hub.ask({ method: 'POST', path: '/graphql', body, headers: JSON_TYPE });
  expect(json).not.toHaveProperty('errors');
}

export interface Outcome {
  readonly decided: readonly Decision[];
  readonly deliveries: ReadonlyMap<string, readonly Delivery[]>;
}

/** What is kept, at most `most` decisions. */
export async function outcomeOf(kept: DecisionStore, most: number): Promise<Outcome> {
  const none = { rules: null, subjects: null, verdicts: null, since: null, until: null };
  const decided = (await kept.decisions({ ...none, first: most, after: null })).items;
  return { decided, deliveries: await kept.deliveries(decided.map(({ id }) => id)) };
}

/**
 * Of so many failed runs each is decided once, and the receiver has seen what was to be sent, of each job in order.
 * @returns how many fired, and how many were sent again
 */
export function checkOutcome(
  { decided, deliveries }: Outcome,
  changes: number,
  { received, refused }: Pick<Receiver, 'received' | 'refused'>,
  when: string,
): { readonly fired: number; readonly again: number } {
  const runs = decided.map(({ change }) => change.subject);
  expect(new Set(runs).size, `${when}: decided twice`).toBe(runs.length);
  expect(runs.toSorted(), `${when}: not decided`).toEqual(
    Array.from({ length: changes }, (_, n) => `run:${runIdOf(n)}`),
  );
  const fired = decided.filter(({ verdict }) => verdict === 'FIRED');
  expect(fired.length, `${when}: fired`).toBeGreaterThan(changes / 2);
  const wanted = [...deliveries.values()].flat();
  expect(wanted.map(({ decision }) => decision).toSorted()).toEqual(fired.map(({ id }) => id).toSorted());
  expect(wanted.filter(({ state }) => state !== 'DELIVERED')).toEqual([]);
  const seen = [...new Set(received.map(({ id }) => id))];
  expect(seen.toSorted(), `${when}: keys that the receiver has seen`).toEqual(wanted.map(({ id }) => id).toSorted());
  expect(refused).toEqual([]);
  expect(outOfOrder(received), `${when}: jobs whose webhooks came out of order`).toEqual([]);
  return { fired: fired.length, again: received.length - seen.length };
}

/** Of each job the changes have to be told in the order of the feed; repeats don't count. */
function outOfOrder(received: readonly ReceivedHook[]): readonly string[] {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const wrong = new Set<string>();
  for (const { id, data } of received) {
    if (seen.has(id)) continue;
    seen.add(id);
    const { sequence } = data['change'] as { readonly sequence: number };
    if (sequence <= (last.get(data.subject) ?? 0)) wrong.add(data.subject);
    last.set(data.subject, sequence);
  }
  return [...wrong];
}
