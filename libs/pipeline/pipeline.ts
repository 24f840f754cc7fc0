import {
  type ApplyFault,
  type AssetMerges,
  type Change,
  type Clock,
  type EventLog,
  type GraphStore,
  LOCAL_VIEWER,
  type LoggedEvent,
  type MergeOutcome,
  type MergeRequest,
  offersMerges,
  offersRemarks,
  type Refusal,
  type RemarkOutcome,
  type RemarkRequest,
  type Remarks,
  type RemovalRequest,
  type Signals,
  type SplitRequest,
  type Viewer,
} from '#lineage';
import { Acceptor } from './accept.ts';
import { Applier } from './applier.ts';
import { FeedFollower } from './feed-follower.ts';
import { Follower } from './follower.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { AcceptOutcome, BatchOutcome, Replayed, UnreadBody } from './outcome.ts';
import type { ProgressState } from './progress.ts';
import { RefusalKeeper } from './refusal-keeper.ts';
import { type Pruned, Retention } from './retention.ts';
import { Ticker } from './ticker.ts';
import { TurnedAway, type TurningAway } from './turned-away.ts';

export interface PipelineOptions {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly clock: Clock;
  /** Over DEFAULT_LIMITS. */
  readonly limits?: Partial<Limits>;
  /** Absent: this process has log and graph for itself. */
  readonly together?: Together;
  /** Told when events begin to be turned away (busy, unavailable) and when that is over, not for each of them. */
  readonly onTurnedAway?: (state: TurningAway) => void;
}

/** Where several processes work on one log and one graph. */
export interface Together {
  readonly signals: Signals;
  /** false: others apply what this process accepts. */
  readonly applies: boolean;
}

/**
 * - `idle`: not started. `running`: applying as events come. `stopping`, `stopped`: accept answers unavailable.
 * - `retrying`: the store (or the log, when read) failed; `reason` says how. Events are accepted meanwhile, until the
 *   backlog reaches its limit.
 */
export interface PipelineState {
  readonly state: 'idle' | 'running' | 'retrying' | 'stopping' | 'stopped';
  /** Why it is retrying; else null. */
  readonly reason: string | null;
  /** Milliseconds: since when. */
  readonly since: number;
}

/** Read at any time, without I/O. Counts are since start. */
export interface PipelineStatus extends PipelineState {
  /** The last durable position that this process knows of. */
  readonly head: number;
  /** Everything up to here is applied. */
  readonly applied: number;
  /** head − applied. */
  readonly backlog: number;
  /** Events applied per second of apply time, over the last seconds of it; null: nothing applied yet. */
  readonly applyRate: number | null;
  readonly accepted: number;
  readonly repeats: number;
  readonly refused: number;
  readonly busy: number;
  readonly unavailable: number;
  /** Refusals that could not be kept: too many at once, or the log failed. */
  readonly refusalsLost: number;
  /** Accepted events that could not be reduced; kept as refusals. */
  readonly faults: number;
  readonly applyRetries: number;
  /** Listeners of onChanges and onState that threw. */
  readonly listenerErrors: number;
  /** The last round of retention that succeeded; null before the first. */
  readonly pruned: Pruned | null;
  /** Why the last round of retention failed; null: it didn't. */
  readonly pruneFailure: string | null;
  /** Why the store could not be told the time; null: it could. */
  readonly tickFailure: string | null;
}

/** Accept → log → apply, on ports alone. One per process; it does not close its log and store. */
export interface Pipeline {
  /**
   * Reads where the store is and begins to follow the log. Rejects when log or store can't be read, and with
   * StoreAheadOfLog when they don't belong together.
   */
  start(): Promise<void>;
  /** Takes no more, applies the backlog (for `drainMs` at most), stores waiting refusals. Idempotent. */
  stop(): Promise<void>;
  /** One event, UTF-8 JSON, decompressed. Never rejects for anything a client or a full disk can do. */
  accept(bytes: Uint8Array, viewer: Viewer): Promise<AcceptOutcome>;
  /** A JSON array of events. One bad event costs only itself. */
  acceptBatch(bytes: Uint8Array, viewer: Viewer): Promise<BatchOutcome>;
  /** Keeps what is known of a body that could not even be read. @returns the refusal's id; null: not kept, or not yet */
  refuse(unread: UnreadBody): Promise<string | null>;
  /**
   * Resolves when `position` and all before it are applied, or when `timeoutMs` are over, the pipeline stops, or the
   * position can't exist (it is beyond the head): `reached` says which, `applied` how far it is.
   */
  waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }>;
  status(): PipelineStatus;
  /** Takes kept refusals through accept again (needs the scope `operate`); those that pass are dropped from the refusals. */
  replayRefusals(ids: readonly string[], viewer: Viewer): Promise<readonly Replayed[]>;
  /**
   * What a person says of names; the caller has seen that they may. Its changes are told as those of events are.
   * null: the store keeps no such statements.
   */
  merge(request: Omit<MergeRequest, 'at'>): Promise<MergeOutcome | null>;
  split(request: Omit<SplitRequest, 'at'>): Promise<MergeOutcome | null>;
  /** An annotation or a tag, by a person or by a rule. null: the store keeps none. */
  remark(request: Omit<RemarkRequest, 'at'>): Promise<RemarkOutcome | null>;
  removeRemark(request: Omit<RemovalRequest, 'at'>): Promise<RemarkOutcome | null>;
  /** One round of retention now. Rejects as log and store do. */
  prune(): Promise<Pruned>;
  /** Called with each micro-batch's changes, in commit order. A listener that throws is counted. Returns its removal. */
  onChanges(listener: (changes: readonly Change[]) => void): () => void;
  onState(listener: (state: PipelineState) => void): () => void;
}

/** Status of a refusal that the hub itself is to blame for: the event was accepted and could not be applied. */
const FAULT_STATUS = 500;
/** What time alone brings (a deadline that passes, a job that falls silent) is looked for so often: it is told well within a second. */
const TICK_MS = 500;

export function createPipeline(options: PipelineOptions): Pipeline {
  const { log, store, clock, together } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const keeper = new RefusalKeeper(log, limits);
  const changeListeners = new Set<(changes: readonly Change[]) => void>();
  const stateListeners = new Set<(state: PipelineState) => void>();
  let state: PipelineState = { state: 'idle', reason: null, since: clock.now() };
  let listenerErrors = 0;
  let stopped: Promise<void> | null = null;

  function tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of listeners) {
      try {
        listener(value);
      } catch {
        // A listener's defect must not stop the graph; the count shows it in status and metrics.
        listenerErrors++;
      }
    }
  }

  function enter(next: PipelineState['state'], reason: string | null = null): void {
    const since = next === state.state ? state.since : clock.now();
    state = { state: next, reason, since };
    tell(stateListeners, state);
  }

  const told = (changes: readonly Change[]): void => tell(changeListeners, changes);
  // Changes of other processes are in the feed alone; so those of this one are taken from there too, once and in order.
  const feed =
    together === undefined ? null : new FeedFollower({ reader: store.reader(LOCAL_VIEWER), onChanges: told });
  const onChanges = feed === null ? told : () => feed.look();
  const onState = ({ retrying, reason }: ProgressState): void => {
    if (state.state === 'running' || state.state === 'retrying') enter(retrying ? 'retrying' : 'running', reason);
  };

  const applying = (): Applier =>
    new Applier({
      log,
      store,
      clock,
      limits,
      shared: together !== undefined,
      onChanges,
      onApplied: (position) => together?.signals.tell({ kind: 'applied', position }),
      onState,
      onFaults: async (faults, batch) => {
        await Promise.all(faults.map((fault) => keeper.keep(faultRefusal(fault, batch, clock.now()))));
      },
    });
  const applies = together?.applies ?? true;
  const progress = applies ? applying() : new Follower({ log, store, limits, onApplied: () => feed?.look(), onState });
  const away = new TurnedAway(options.onTurnedAway ?? (() => undefined));
  const acceptor = new Acceptor({
    log,
    clock,
    limits,
    keeper,
    pressure: () => progress.pressure(),
    turnedAway: (outcome, reason) => away.note(outcome, reason),
    appended: (events) => {
      progress.offer(events);
      const position = events.reduce((last, event) => Math.max(last, event.position), 0);
      together?.signals.tell({ kind: 'appended', position });
    },
  });
  const retention = new Retention({ log, store, clock, limits, applied: () => progress.applied });

  const ticker =
    progress instanceof Applier
      ? new Ticker({ store, asOf: () => progress.asOf(), everyMs: TICK_MS, onChanges: changed })
      : null;

  /** Changes that no event made: others have not heard of a position. */
  function changed(changes: readonly Change[]): void {
    onChanges(changes);
    together?.signals.tell({ kind: 'applied', position: progress.applied });
  }

  let deaf = (): void => undefined;

  async function stop(): Promise<void> {
    if (state.state === 'idle') {
      enter('stopped');
      return;
    }
    enter('stopping');
    await acceptor.close();
    away.stop();
    await progress.stop(limits.drainMs);
    deaf();
    await feed?.stop();
    await keeper.flush();
    await retention.stop();
    await ticker?.stop();
    enter('stopped');
  }

  async function replay(refusal: Refusal): Promise<Replayed> {
    const { id, body } = refusal;
    if (body === null) return { id, outcome: { kind: 'gone' } };
    // The hub's own doing: whoever may operate need not be one who may ingest.
    const outcome = await acceptor.accept(Buffer.from(body, 'utf8'), LOCAL_VIEWER);
    if (outcome.kind === 'refused' && outcome.refusal !== null) {
      // The same event, refused once more: one entry is enough, and the old one's id is known.
      await log.dropRefusals([outcome.refusal]);
      return { id, outcome: { ...outcome, refusal: id } };
    }
    if (outcome.kind !== 'accepted') return { id, outcome };
    if (refusal.status === FAULT_STATUS && outcome.repeat) {
      return { id, outcome: { kind: 'held', position: outcome.position } };
    }
    await log.dropRefusals([id]);
    return { id, outcome };
  }

  async function stated(say: (merges: AssetMerges) => Promise<MergeOutcome>): Promise<MergeOutcome | null> {
    if (!offersMerges(store)) return null;
    const outcome = await say(store);
    if (outcome.kind === 'done') changed(outcome.changes);
    return outcome;
  }

  async function remarked(say: (remarks: Remarks) => Promise<RemarkOutcome>): Promise<RemarkOutcome | null> {
    if (!offersRemarks(store)) return null;
    const outcome = await say(store);
    if (outcome.kind === 'done' && outcome.changes.length > 0) changed(outcome.changes);
    return outcome;
  }

  return {
    async start() {
      if (state.state !== 'idle') throw new Error(`the pipeline is ${state.state}: it starts once`);
      await feed?.start();
      await progress.start();
      const stopHearing = together?.signals.onSignal((signal) => {
        if (signal.kind === 'decided') return;
        progress.hear(signal);
        if (signal.kind === 'applied') feed?.look();
      });
      deaf = () => stopHearing?.();
      enter('running');
      acceptor.open();
      // Who doesn't apply leaves to those who do what is done once for all.
      if (!applies) return;
      retention.start();
      ticker?.start();
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    accept: (bytes, viewer) => acceptor.accept(bytes, viewer),
    acceptBatch: (bytes, viewer) => acceptor.acceptBatch(bytes, viewer),
    refuse: (unread) => acceptor.refuse(unread),
    waitFor: (position, timeoutMs) => progress.waitFor(position, timeoutMs),
    status: () => ({
      ...state,
      ...acceptor.counts,
      head: progress.head,
      applied: progress.applied,
      backlog: progress.backlog,
      applyRate: progress.rate,
      refusalsLost: keeper.lost,
      faults: progress.faults,
      applyRetries: progress.retries,
      listenerErrors,
      pruned: retention.last,
      pruneFailure: retention.failure,
      tickFailure: ticker?.failure ?? null,
    }),
    async replayRefusals(ids, viewer) {
      if (!viewer.scopes.has('operate')) {
        const reason = `${viewer.name} has no scope operate: use a key that has it`;
        return ids.map((id) => ({ id, outcome: { kind: 'forbidden', reason } }));
      }
      const found = new Map((await log.refusal(ids)).map((refusal) => [refusal.id, refusal]));
      const replayed: Replayed[] = [];
      // One after the other: order of arrival is kept, and a large replay leaves room for others.
      for (const id of ids) {
        const refusal = found.get(id);
        replayed.push(refusal === undefined ? { id, outcome: { kind: 'gone' } } : await replay(refusal));
      }
      return replayed;
    },
    merge: (request) => stated((merges) => merges.merge({ ...request, at: clock.now() })),
    split: (request) => stated((merges) => merges.split({ ...request, at: clock.now() })),
    remark: (request) => remarked((remarks) => remarks.remark({ ...request, at: clock.now() })),
    removeRemark: (request) => remarked((remarks) => remarks.removeRemark({ ...request, at: clock.now() })),
    prune: () => retention.run(),
    onChanges: (listener) => {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onState: (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
  };
}

function faultRefusal(fault: ApplyFault, batch: readonly LoggedEvent[], at: number): Omit<Refusal, 'id'> {
  const event = batch.find((one) => one.position === fault.position);
  const body = event?.body ?? null;
  return {
    at,
    reason: `accepted at position ${fault.position}, but could not be applied: ${fault.reason}`.slice(0, 1000),
    where: null,
    status: FAULT_STATUS,
    bytes: body === null ? 0 : Buffer.byteLength(body),
    sha256: fault.hash,
    body,
    excerpt: null,
  };
}
