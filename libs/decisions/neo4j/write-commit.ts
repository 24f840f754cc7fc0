/** One commit of a round of deciding, statement by statement, in the transaction of the caller. */
import type { Properties, Statements } from '#graph';
import { laneOf, mayStartRuns, type PlannedDelivery, type ReactCommit } from '#rules';
import * as cypher from './decision-queries.ts';
import { DISABLED_SINCE } from './stored-rows.ts';

/** @returns false: another commit came first, and nothing is written */
export async function writeCommit(statements: Statements, commit: ReactCommit): Promise<boolean> {
  const { revision, decisions, deliveries, incidents } = commit;
  const [entered] = await statements.run(cypher.ENTER_COMMIT, {
    revision,
    cursor: JSON.stringify(commit.cursor),
    decisions: decisions.length,
    deliveries: deliveries.length,
    incidents: incidents.length,
  });
  if (entered === undefined) return false;
  const run = (query: string, rows: readonly Properties[], more: Properties = {}): Promise<unknown> =>
    rows.length === 0 ? Promise.resolve() : statements.run(query, { rows, ...more });

  const known = new Set(
    await column(
      statements,
      cypher.KNOWN_DECISIONS,
      'ids',
      decisions.map(({ id }) => id),
      'id',
    ),
  );
  const fresh = decisions.filter(({ id }) => !known.has(id));
  await run(
    cypher.PUT_DECISIONS,
    fresh.map((decision, i) => {
      const { id, at, rule, subject, verdict, text } = decision;
      const n = Number(entered['decisions']) + i + 1;
      const startsRunsAt = mayStartRuns(decision) ? at : null;
      return { id, n, at, rule, subject, verdict, text, startsRunsAt, body: JSON.stringify(decision) };
    }),
  );
  const made = new Set(fresh.map(({ id }) => id));
  const planned = deliveries.filter(({ decision }) => made.has(decision));
  await run(cypher.PUT_DELIVERIES, await deliveryRows(statements, planned, Number(entered['deliveries'])));

  await run(
    cypher.PUT_GUARDS,
    commit.guards.map(({ part, key, value }) => ({ id: guardId({ part, key }), value: JSON.stringify(value) })),
  );
  const breaches = [...commit.breaches];
  await run(
    cypher.PUT_BREACHES,
    breaches.flatMap(([key, breach]) => (breach === null ? [] : [{ key, body: JSON.stringify(breach) }])),
  );
  const over = breaches.flatMap(([key, breach]) => (breach === null ? [key] : []));
  if (over.length > 0) await statements.run(cypher.DELETE_BREACHES, { keys: over });

  await run(
    cypher.PUT_INCIDENTS,
    incidents.map((incident, i) => {
      const { id, rule, subject, kind, state, resolvedAt } = incident;
      const n = Number(entered['incidents']) + i + 1;
      return { id, n, rule, subject, kind, state, resolvedAt, body: JSON.stringify(incident) };
    }),
    { revision: revision + 1 },
  );
  const booked = [...commit.booked];
  // First those that go: a key is on one incident at a time.
  if (booked.length > 0) await statements.run(cypher.UNBOOK, { keys: booked.map(([key]) => key) });
  await run(
    cypher.BOOK,
    booked.flatMap(([key, id]) => (id === null ? [] : [{ key, id }])),
  );
  return true;
}

export const guardId = ({ part, key }: { readonly part: string; readonly key: string }): string => `${part} ${key}`;

/** The first that waits in its lane is due; those to a target that wants no more are never sent. */
async function deliveryRows(
  statements: Statements,
  planned: readonly PlannedDelivery[],
  before: number,
): Promise<readonly Properties[]> {
  const lanes = planned.map(laneOf);
  const taken = new Set(await column(statements, cypher.WAITING_LANES, 'lanes', [...new Set(lanes)], 'lane'));
  const targets = [...new Set(planned.map(({ to }) => to))];
  const disabled = new Set(await column(statements, cypher.DISABLED_TARGETS, 'targets', targets, 'target'));
  return planned.map((delivery, i) => {
    const { id, decision, to, at } = delivery;
    const lane = laneOf(delivery);
    const waits = !disabled.has(to);
    const isFirst = waits && !taken.has(lane);
    if (waits) taken.add(lane);
    return {
      id,
      n: before + i + 1,
      decision,
      lane,
      target: to,
      state: waits ? 'WAITING' : 'DISABLED',
      lastError: waits ? null : DISABLED_SINCE,
      nextAttempt: isFirst ? at : null,
      planned: JSON.stringify(delivery),
    };
  });
}

async function column(
  statements: Statements,
  query: string,
  parameter: string,
  values: readonly string[],
  name: string,
): Promise<readonly string[]> {
  if (values.length === 0) return [];
  return (await statements.run(query, { [parameter]: values })).map((row) => String(row[name]));
}
