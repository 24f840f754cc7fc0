/**
 * What rules at work need of the world: a place for what was decided and what is still to be done, and somebody who does
 * it. Each port has one contract suite in `test/contracts`.
 */
import type { Decision, PlannedAction, Verdict } from './deciding/decide.ts';
import type { GuardState } from './deciding/guards.ts';
import type { Breach } from './incidents/breach.ts';
import type { Incident, IncidentState } from './incidents/incident.ts';

/** How far the change feed was decided. */
export interface FeedCursor {
  /** The last change that was looked at; 0: none. */
  readonly sequence: number;
  /** Which feed: a graph that is built anew numbers its changes anew. */
  readonly feed: number;
  /** What is known of that change, to see whether the feed is still the same; null: there was none. */
  readonly mark: { readonly kind: string; readonly subject: string; readonly at: number; readonly seen: number } | null;
}

/** One part of the guards' state: `engine` has one, the others have keys (`guardKeys`). */
export type GuardPart =
  | { readonly part: 'engine'; readonly key: ''; readonly value: GuardState['engine'] }
  | { readonly part: 'rule'; readonly key: string; readonly value: GuardState['rule'] }
  | { readonly part: 'key'; readonly key: string; readonly value: GuardState['key'] }
  | { readonly part: 'data'; readonly key: string; readonly value: GuardState['data'] };

/** What deciding goes on from. */
export interface ReactState {
  /** Raised by each commit. */
  readonly revision: number;
  /** null: nothing was ever looked at. */
  readonly cursor: FeedCursor | null;
  readonly breaches: readonly Breach[];
  /** Those that the book holds: open ones, and resolved ones whose breach still holds. */
  readonly incidents: readonly Incident[];
}

/** What one round of deciding came to. All of it is kept, or nothing. */
export interface ReactCommit {
  /** The one that it was worked out from. */
  readonly revision: number;
  readonly cursor: FeedCursor;
  /** One whose id is there already is left out, with its deliveries. */
  readonly decisions: readonly Decision[];
  readonly deliveries: readonly PlannedDelivery[];
  readonly guards: readonly GuardPart[];
  /** By `breachKey`. null: it is over. */
  readonly breaches: ReadonlyMap<string, Breach | null>;
  readonly incidents: readonly Incident[];
  /** By `breachKey`: the id of the incident that the book holds; null: none any more. */
  readonly booked: ReadonlyMap<string, string | null>;
}

/** As in GraphQL. */
export type DeliveryState = 'WAITING' | 'DELIVERED' | 'FAILED' | 'DISABLED';

/** One thing to do for a decision. Those to one target about one subject go in order. */
export interface PlannedDelivery {
  /** The same for the same decision and action: receivers drop repeats by it. Letters, digits and `_`. */
  readonly id: string;
  readonly decision: string;
  readonly rule: string;
  readonly subject: string;
  /** `webhook:NAME`, `trigger:airflow` … */
  readonly to: string;
  readonly action: PlannedAction;
  /** What is sent; the same on each attempt. */
  readonly body: string;
  /** When it was decided, ms. */
  readonly at: number;
}

export interface Delivery extends PlannedDelivery {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly firstAttempt: number | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  /** null: not WAITING, or behind another one in its order. */
  readonly nextAttempt: number | null;
  readonly deliveredAt: number | null;
}

/** What came of one attempt. */
export interface Attempt {
  readonly at: number;
  /** WAITING: it is tried again at `nextAttempt`. DISABLED: the target wants no more, of any. */
  readonly state: DeliveryState;
  readonly status: number | null;
  readonly error: string | null;
  readonly nextAttempt: number | null;
}

export interface DecisionQuery {
  readonly rules: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  readonly verdicts: readonly Verdict[] | null;
  /** At or after, and at or before, ms. */
  readonly since: number | null;
  readonly until: number | null;
  readonly first: number;
  readonly after: string | null;
}

export interface IncidentQuery {
  readonly states: readonly IncidentState[] | null;
  readonly subjects: readonly string[] | null;
  readonly rules: readonly string[] | null;
  readonly first: number;
  readonly after: string | null;
}

/** `next` is opaque; null at the end. */
export interface KeptPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * What was decided, what guards remember, which incidents are open, what is to be delivered. Durable when a promise
 * resolves. It is not part of the graph: that can be built anew from its events, and decisions are made once.
 */
export interface DecisionStore {
  state(): Promise<ReactState>;
  /** The parts that are kept; of others there is nothing yet. */
  guards(wanted: readonly Pick<GuardPart, 'part' | 'key'>[]): Promise<readonly GuardPart[]>;
  /** false: the revision is another one meanwhile; nothing was kept. */
  commit(commit: ReactCommit): Promise<boolean>;

  /** Those whose attempt is due, the longest waiting first, and when the next one after `now` is; null: none waits. */
  due(now: number, first: number): Promise<{ readonly deliveries: readonly Delivery[]; readonly next: number | null }>;
  /** Of a lane (`laneOf`) the delivery that is next, due or not; null: none waits there. */
  head(lane: string): Promise<Delivery | null>;
  attempted(id: string, attempt: Attempt): Promise<void>;
  /** To be sent once more, from the first attempt on. A target that was disabled is tried again. null: there is none. */
  redeliver(id: string, now: number): Promise<Delivery | null>;

  /** Newest first. */
  decisions(query: DecisionQuery): Promise<KeptPage<Decision>>;
  decision(ids: readonly string[]): Promise<readonly Decision[]>;
  /** By decision, in the order of its actions. */
  deliveries(decisions: readonly string[]): Promise<ReadonlyMap<string, readonly Delivery[]>>;
  /** Those that `mayStartRuns`, made at or after `since`: the newest, `most` at most, newest first. */
  starters(since: number, most: number): Promise<readonly Decision[]>;
  /** By delivery: the decision that asked for it. Of those that are kept. */
  askedFor(deliveries: readonly string[]): Promise<ReadonlyMap<string, Decision>>;
  /** When each rule last fired; of those that did. */
  lastFired(rules: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Newest first. */
  incidents(query: IncidentQuery): Promise<KeptPage<Incident>>;
  incident(ids: readonly string[]): Promise<readonly Incident[]>;

  /** Texts that outlive a restart: the last good rule files. null: none under that name. */
  note(name: string): Promise<string | null>;
  keepNote(name: string, text: string): Promise<void>;

  /** Drops decisions made before, ms, nothing of which still waits, and incidents resolved before. */
  prune(before: number): Promise<{ readonly decisions: number; readonly incidents: number }>;
  close(): Promise<void>;
}

export interface IncidentsSince {
  /** To be asked with the next time. */
  readonly revision: number;
  /** As they are now, in the order in which they last changed. */
  readonly incidents: readonly Incident[];
}

/** What happened to incidents, whichever process did it. An optional ability of a `DecisionStore`. */
export interface IncidentFeed {
  /** Those that changed after a revision; null: none, but the revision that is now. */
  incidentsSince(revision: number | null): Promise<IncidentsSince>;
}

export function offersIncidentFeed<T extends object>(store: T): store is T & IncidentFeed {
  return 'incidentsSince' in store;
}

/** What goes to one target about one subject goes in order, one after the other. */
export const laneOf = ({ to, subject }: Pick<PlannedDelivery, 'to' | 'subject'>): string =>
  JSON.stringify([to, subject]);

/** Carries deliveries of one kind out, one attempt a call. Never rejects: what came of it is a value. */
export interface Notifier {
  notify(delivery: Delivery, now: number): Promise<NotifyOutcome>;
}

export type NotifyOutcome =
  | { readonly did: 'delivered'; readonly status: number | null }
  /** `after`: how long the receiver wants to be left alone, ms. */
  | { readonly did: 'retry'; readonly status: number | null; readonly error: string; readonly after: number | null }
  | { readonly did: 'failed'; readonly status: number | null; readonly error: string }
  /** The receiver wants no more of this. */
  | { readonly did: 'disabled'; readonly status: number };
