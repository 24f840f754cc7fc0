/** Plays the estate against log, graph, rules and decisions, as the hub wires them, with a clock that jumps. */
import { LOCAL_VIEWER } from '#lineage';
import type { Decision } from '#rules';
import { openReactingHub, type ReactingHub } from '../rules/reacting-hub.ts';
import type { Random } from '../wide/random.ts';
import { buildEstate, drawTroubles, jobIdOf, type Table, type Trouble } from './estate.ts';
import { DAY, eventsOf, FIRST_DAY, inParis, MINUTE, runOf } from './estate-events.ts';

export interface Played {
  readonly tables: readonly Table[];
  readonly troubles: readonly Trouble[];
  readonly decisions: readonly Decision[];
  readonly events: number;
  /** Triggers that led back to themselves. */
  readonly loops: readonly Decision[];
  /** In the feed, by kind: what somebody who alerts on each, or fires on each, would have done. */
  readonly changes: ReadonlyMap<string, number>;
  readonly openIncidents: number;
}

const STEP = 10 * MINUTE;
/** How long a triggered run takes. */
const RUN = 10 * MINUTE;

const rulesFor = (tables: readonly Table[]): string => `
freshness:
  - { name: sources, where: 'dataset.name.contains(".source_")', maxAge: { fail: 26h } }
  - { name: each, where: 'dataset.name.startsWith("dw.")', maxAge: { fail: 28h } }
  - { name: by-eight, where: 'dataset.name.contains(".mart_")', cron: { deadline: "0 8 * * *", lowerBound: 7h, timezone: Europe/Paris } }
webhooks: { people: { url: "https://people.example.com/hook", secret: "\${env:SECRET}" } }
rules:
  - { name: late, on: freshness.failed, then: [ { webhook: people } ] }
  - { name: broken, on: run.failed, then: [ { webhook: people } ] }
  - name: refresh
    on: dataset.updated
    when: all-inputs-updated
    job: ${JSON.stringify(tables.filter(({ isTriggered }) => isTriggered).map(jobIdOf))}
    then: [ { trigger: { airflow: { dag: refresh } } } ]
    guard: { budget: ${Math.max(60, 4 * tables.filter(({ isTriggered }) => isTriggered).length)}/1h }
`;

export async function simulate(domains: number, days: number, random: Random): Promise<Played> {
  const tables = buildEstate(domains, random);
  const troubles = drawTroubles(tables, days, random);
  const events = eventsOf(tables, troubles, days);
  const hub = await openReactingHub('', FIRST_DAY);
  const airflow = new Airflow(tables);
  let sent = 0;
  let asks = false;
  try {
    for (let now = inParis(0, 60); now <= FIRST_DAY + days * DAY; now += STEP) {
      // The estate is known before anything is asked of it.
      if (now > inParis(0, 240) && !asks) {
        await hub.use(rulesFor(tables));
        asks = true;
      }
      const due: object[] = airflow.endedBy(now);
      for (; sent < events.length; sent++) {
        const next = events[sent];
        if (next === undefined || next.at > now) break;
        due.push(next.event);
      }
      await hub.moveTo(now);
      await sendAll(hub, due);
      await airflow.take(hub, now);
    }
    const decisions = await hub.decided();
    const incidents = await hub.incidents();
    return {
      tables,
      troubles,
      decisions,
      events: sent + airflow.runs,
      loops: airflow.loops,
      changes: await changesOf(hub),
      openIncidents: incidents.filter(({ state }) => state !== 'RESOLVED').length,
    };
  } finally {
    await hub.close();
  }
}

async function sendAll(hub: ReactingHub, events: readonly object[]): Promise<void> {
  if (events.length === 0) return;
  const outcomes = await Promise.all(
    events.map((event) => hub.pipeline.accept(Buffer.from(JSON.stringify(event)), LOCAL_VIEWER)),
  );
  const refused = outcomes.find(({ kind }) => kind !== 'accepted');
  if (refused !== undefined) throw new Error(`not taken: ${JSON.stringify(refused)}`);
  await hub.send();
}

async function changesOf({ store }: ReactingHub): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const kinds = ['freshness.failed', 'run.failed', 'dataset.updated'];
  for (let after: string | null = null; ; ) {
    const page: { readonly items: readonly { readonly kind: string }[]; readonly next: string | null } = await store
      .reader(LOCAL_VIEWER)
      .changes({ kinds, subjects: null, since: null, breaking: null, first: 1_000, after });
    for (const { kind } of page.items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (page.next === null) return counts;
    after = page.next;
  }
}

/** Runs what is triggered, takes webhooks, and remembers which run followed from which decision. */
class Airflow {
  readonly #byJob: ReadonlyMap<string, Table>;
  /** By the id of the run that it started. */
  readonly #startedBy = new Map<string, Decision>();
  readonly #under = new Map<string, { readonly at: number; readonly event: object }>();
  readonly loops: Decision[] = [];
  runs = 0;

  constructor(tables: readonly Table[]) {
    this.#byJob = new Map(tables.map((table) => [jobIdOf(table), table]));
  }

  endedBy(now: number): object[] {
    const ended = [...this.#under].filter(([, { at }]) => at <= now);
    for (const [id] of ended) this.#under.delete(id);
    return ended.map(([, { event }]) => event);
  }

  async take({ decisions: store }: ReactingHub, now: number): Promise<void> {
    for (;;) {
      const { deliveries } = await store.due(now, 1_000);
      if (deliveries.length === 0) return;
      const decisions = await store.decision(deliveries.map(({ decision }) => decision));
      const byId = new Map(decisions.map((one) => [one.id, one]));
      for (const { id, decision, action } of deliveries) {
        const made = byId.get(decision);
        if (action.do === 'trigger' && made !== undefined) this.#start(made, id, now);
        await store.attempted(id, { at: now, state: 'DELIVERED', status: 200, error: null, nextAttempt: null });
      }
    }
  }

  #start(decision: Decision, key: string, now: number): void {
    const table = this.#byJob.get(decision.job ?? '');
    if (table === undefined) throw new Error(`${decision.id} triggers no job of the estate`);
    const runId = `019cd000-0000-7000-9000-${String(++this.runs).padStart(12, '0')}`;
    const same = (one: Decision): boolean => one.subject === decision.subject && one.job === decision.job;
    for (let cause = this.#causeOf(decision); cause !== null; cause = this.#causeOf(cause)) {
      if (!same(cause)) continue;
      this.loops.push(decision);
      break;
    }
    this.#startedBy.set(`run:${runId}`, decision);
    const at = now + RUN;
    this.#under.set(runId, { at, event: runOf({ table, at, runId, key }) });
  }

  /** The decision whose trigger started the run that this one is about. */
  #causeOf({ change: { after } }: Decision): Decision | null {
    if (typeof after !== 'object' || after === null || !('run' in after)) return null;
    return this.#startedBy.get(String(after.run)) ?? null;
  }
}
