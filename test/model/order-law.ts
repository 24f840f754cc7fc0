/**
 * The order law: the graph is a function of the set of events. A store that gets a history in any order, with repeats,
 * in batches and across restarts, gives after every batch the export that the reference makes of the events so far.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../libs/lineage/canonical-json.ts';
import type { Delta } from '../../libs/lineage/delta.ts';
import type { GraphStore, LoggedEvent } from '../../libs/lineage/ports.ts';
import { redact } from '../../libs/lineage/redact.ts';
import { reduceEvent } from '../../libs/lineage/reduce/reduce-event.ts';
import type { Delivery, JsonEvent } from './generators.ts';
import { referenceExport } from './reference-fold.ts';

/** What the law needs of a store. */
export type LawfulStore = Pick<GraphStore, 'apply' | 'export' | 'close'>;

export interface OpenStore {
  readonly store: LawfulStore;
  /** Opens what the store kept; `store` was closed before. */
  reopen(): Promise<LawfulStore>;
  /** Removes what it kept. */
  remove?(): void | Promise<void>;
}

export type MakeStore = () => Promise<OpenStore>;

/** As the door does it: redacted, canonical, hashed. */
export function logged(event: unknown, position: number): LoggedEvent {
  const body = canonicalJson(redact(event));
  const hash = createHash('sha256').update(body).digest('hex');
  return { position, receivedAt: position, hash, body };
}

export const deltaOf = ({ body, hash }: LoggedEvent): Delta => reduceEvent(JSON.parse(body), hash);

/** The deltas of events as they came in. */
export const deltasOf = (events: readonly unknown[]): Delta[] =>
  events.map((event, i) => deltaOf(logged(event, i + 1)));

/** @throws OrderLawBroken, with the lines that differ */
export async function checkOrderLaw(
  makeStore: MakeStore,
  events: readonly JsonEvent[],
  delivery: Delivery,
): Promise<void> {
  const opened = await makeStore();
  let { store } = opened;
  const deltas: Delta[] = [];
  let position = 0;
  try {
    for (const [n, { events: indexes, restart }] of delivery.entries()) {
      // A repeat comes under a position of its own: the store knows it by its hash.
      const batch = indexes.map((index) => logged(events[index], ++position));
      deltas.push(...batch.map(deltaOf));
      const expected = referenceExport(deltas);
      const when = `after batch ${n + 1} of ${delivery.length}`;
      await apply(store, batch, when);
      await compare(store, expected, when);
      if (!restart) continue;
      await store.close();
      store = await opened.reopen();
      await compare(store, expected, `${when} and a restart`);
      // A crash between the commit and its answer: the same positions come again.
      await apply(store, batch, `${when}, a restart and the batch again`);
      await compare(store, expected, `${when}, a restart and the batch again`);
    }
  } finally {
    await store.close();
    await opened.remove?.();
  }
}

async function apply(store: LawfulStore, batch: readonly LoggedEvent[], when: string): Promise<void> {
  const { faults } = await store.apply(batch);
  const [fault] = faults;
  if (fault !== undefined) throw new OrderLawBroken(`${when}: ${faults.length} faults, the first: ${fault.reason}`);
}

async function compare(store: LawfulStore, expected: readonly string[], when: string): Promise<void> {
  const actual: string[] = [];
  for await (const line of store.export()) actual.push(line);
  const difference = differenceOf(expected, actual);
  if (difference !== null) throw new OrderLawBroken(`${when} the export differs from the reference:\n${difference}`);
}

export class OrderLawBroken extends Error {
  override readonly name = 'OrderLawBroken';
}

const SHOWN = 12;

/** `-` is missing from the store, `+` is what it has instead; null: equal, order included. */
export function differenceOf(expected: readonly string[], actual: readonly string[]): string | null {
  const missing = without(expected, actual).map((line) => `- ${line}`);
  const extra = without(actual, expected).map((line) => `+ ${line}`);
  if (missing.length + extra.length === 0) {
    const at = expected.findIndex((line, i) => line !== actual[i]);
    return at < 0 ? null : `the same lines in another order, from line ${at + 1}:\n- ${expected[at]}\n+ ${actual[at]}`;
  }
  // Lines of one id next to each other.
  const all = [...missing, ...extra].sort((a, b) => {
    const [x, y] = [a.slice(2), b.slice(2)].map(idOf);
    return (x ?? '') < (y ?? '') ? -1 : x === y ? 0 : 1;
  });
  const rest = all.length > SHOWN ? [`… and ${all.length - SHOWN} more`] : [];
  return [...all.slice(0, SHOWN), ...rest].join('\n');
}

function idOf(line: string): string {
  const { kind, id } = JSON.parse(line) as { kind: string; id: string };
  return `${kind} ${id}`;
}

/** Lines of one list that the other has not, or not as often. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const n = left.get(line) ?? 0;
    left.set(line, n - 1);
    return n <= 0;
  });
}
