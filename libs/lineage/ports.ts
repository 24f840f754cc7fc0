/**
 * The ports: what the core needs of the world. The core owns them; each has one contract suite in `test/contracts`
 * that every implementation passes.
 */
import type { Change } from './changes.ts';
import type { AssetKind, RunEventType } from './delta.ts';
import type { DeclaredRuns } from './expectations/run-expectation.ts';
import type { Asset, Facet, GraphReader, RunState } from './read-model.ts';

/** Who asks, with which scopes. Every read and write names one; without keys it is the all-seeing local viewer. */
export interface Viewer {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

export type Scope = 'ingest' | 'read' | 'annotate' | 'operate' | 'admin';
export const ALL_SCOPES: ReadonlySet<Scope> = new Set<Scope>(['ingest', 'read', 'annotate', 'operate', 'admin']);
export const LOCAL_VIEWER: Viewer = { name: 'local', scopes: ALL_SCOPES };

/** Milliseconds since the epoch. Only edges of the system read it; the core takes times as arguments. */
export interface Clock {
  now(): number;
}

/** An event whose reduction failed although the door let it in: a defect, kept so that nothing is lost. */
export interface ApplyFault {
  readonly position: number;
  readonly hash: string;
  readonly reason: string;
}

export interface ApplyResult {
  /** In commit order. */
  readonly changes: readonly Change[];
  readonly faults: readonly ApplyFault[];
  /** The last applied position. */
  readonly applied: number;
}

/** Less at once may get through. */
export class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
}

export interface ExportOptions {
  /** Also a line for each thing that people said. The other lines are the same. */
  readonly mutations?: boolean;
  /** Then the rows that the graph is made of, as its store keeps them: what another store goes on from. */
  readonly rows?: boolean;
}

/**
 * The graph. One writer per store; readers are not blocked by it. The store reduces events itself (with `reduceEvent`
 * of the core), where its writer runs.
 */
export interface GraphStore {
  /** The last applied position: 0 when empty. */
  applied(): Promise<number>;
  /**
   * Applies events in one transaction, together with the changes they made and the position of the last one.
   * Positions at or below `applied()` are skipped. Events whose hash is already held change nothing. An event that
   * can't be reduced is reported as a fault and costs the others nothing.
   * @param asOf when deadlines are judged, ms; default: now. Where later events wait, what they say may have met those of meanwhile
   * @throws BatchTooLarge where the store can't take so many events in one transaction
   */
  apply(batch: readonly LoggedEvent[], asOf?: number): Promise<ApplyResult>;
  /** Changes that time alone brought by `now` (ms): states of flow whose deadline has passed. */
  tick(now: number): Promise<readonly Change[]>;
  /**
   * Removes runs older than `before` (by arrival, ms) that no current or past claim rests on. Changes no answer.
   * @param stop where the store goes step by step: it answers soon after, and what is left goes another time
   */
  prune(before: number, stop?: { readonly aborted: boolean }): Promise<{ readonly runs: number }>;
  reader(viewer: Viewer): GraphReader;
  /** The whole graph as sorted lines of canonical JSON, without line ends: what the events say, as if nobody had merged anything. */
  export(options?: ExportOptions): AsyncIterable<string>;
  /** A consistent copy of what the store holds, made while it goes on, into an existing empty folder. */
  backup(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** What a store tells of its own work since it was opened. An optional ability. */
export interface StoreFigures {
  figures(): Promise<{
    /** How often the spans of an execution had to be derived anew, for a late or a contradicting event, in place of grown. */
    readonly rederived: number;
  }>;
}

export function offersFigures<T extends object>(store: T): store is T & StoreFigures {
  return 'figures' in store;
}

/** What rules say of a job's runs, in place of what is usual. An optional ability of a store. */
export interface DeclaredExpectations {
  /** By job id, whichever finds the job. Replaces what was declared before, and outlives a restart. */
  expectRuns(declared: ReadonlyMap<string, DeclaredRuns>): Promise<void>;
}

export function takesExpectations<T extends object>(store: T): store is T & DeclaredExpectations {
  return 'expectRuns' in store;
}

/** An event that passed the door: redacted, canonical, hashed. */
export interface AcceptedEvent {
  /** SHA-256, lower-case hex, of `body`. */
  readonly hash: string;
  /** The event's RFC 8785 form after redaction. */
  readonly body: string;
  /** Milliseconds. */
  readonly receivedAt: number;
  /** Of RunEvents: what an `EventTimeIndex` finds them by. Without it, it doesn't. */
  readonly run?: RunEventTime;
}

export interface RunEventTime {
  /** ms */
  readonly time: number;
  /** null: none, or no word of the spec. */
  readonly type: RunEventType | null;
}

export interface AppendResult {
  readonly position: number;
  /** The event was held before: `position` is its first one. */
  readonly repeat: boolean;
}

export interface LoggedEvent {
  readonly position: number;
  readonly receivedAt: number;
  readonly hash: string;
  readonly body: string;
}

/** What the door refused, kept with its reason. */
export interface Refusal {
  readonly id: string;
  readonly at: number;
  readonly reason: string;
  /** JSON path of the fault, where there is one. */
  readonly where: string | null;
  /** HTTP status it was refused with. */
  readonly status: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The redacted event where it parsed: it can be replayed. */
  readonly body: string | null;
  /** The first 256 bytes after redaction, where it didn't parse. */
  readonly excerpt: string | null;
}

/**
 * The accepted events: a durable log with positions. `append` resolves when the events survive a crash of the machine;
 * calls of one tick share one transaction.
 */
export interface EventLog {
  append(events: readonly AcceptedEvent[]): Promise<readonly AppendResult[]>;
  /** Events after a position, in order, at most `limit`. */
  read(after: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** Raw events by hash; those that retention took are absent. */
  find(hashes: readonly string[]): Promise<ReadonlyMap<string, LoggedEvent>>;
  /** The last position given out. */
  head(): Promise<number>;
  refuse(refusals: readonly Omit<Refusal, 'id'>[]): Promise<readonly string[]>;
  refusals(page: { readonly first: number; readonly after: string | null }): Promise<readonly Refusal[]>;
  refusal(ids: readonly string[]): Promise<readonly Refusal[]>;
  dropRefusals(ids: readonly string[]): Promise<void>;
  /** Drops raw bodies accepted before `before`; their hashes stay, so that repeats are still recognised. */
  prune(before: number): Promise<{ readonly events: number }>;
  close(): Promise<void>;
}

/** A lane is a name under which one thing happens after the other, such as the deliveries of one subject. */
export interface WakeUp {
  readonly lane: string;
  /** ms; in the past: at once. */
  readonly at: number;
}

export interface LaneWork {
  /**
   * Does what is due in the lane, and says when (ms) it is to be called next; null: when somebody schedules it. It looks
   * itself what is due: it may be called sooner than asked for, and twice. When it rejects, it is called again, later each time.
   */
  readonly handler: (lane: string) => Promise<number | null>;
  /** Lanes that this queue handles at once. */
  readonly lanesAtOnce: number;
  /** Told of a handler that rejected. */
  readonly onFailure: (lane: string, error: unknown) => void;
}

/**
 * Which lane is to be looked at when. What is to be done there lies in a store: the queue only wakes. Of several times
 * asked for, the earliest counts; a lane that is scheduled while its handler runs is handled once more. One handler per
 * lane at a time, over all processes; at least once, though processes are killed. An embedded queue has one process and
 * may lose a wake-up to a power cut: who keeps work in a store schedules all of its lanes at each start.
 */
export interface JobQueue {
  /** Resolves once the wake-ups survive the process. */
  schedule(wakeUps: readonly WakeUp[]): Promise<void>;
  /** Handles lanes from now on; called once at most. A queue that never works only schedules. */
  work(work: LaneWork): void;
  /** Takes up no further lane and waits for the handlers that run. */
  close(): Promise<void>;
}

/**
 * - `appended`: the log has events up to `position`. `applied`: the graph has; its feed may have new changes.
 * - `decided`: the decision store is at revision `position`; incidents may have changed.
 */
export interface Signal {
  readonly kind: 'appended' | 'applied' | 'decided';
  readonly position: number;
}

/**
 * What the processes of one hub tell each other, at once and at most once: a signal may be lost, so who waits for one looks
 * himself now and then. Of several in a row the latest may stand for all.
 */
export interface Signals {
  /** Never rejects; a signal that can't be told is lost. */
  tell(signal: Signal): void;
  /** Called for what others told, not for what this process did. Returns its removal. */
  onSignal(listener: (signal: Signal) => void): () => void;
  close(): Promise<void>;
}

export interface EventTimeQuery {
  /** after <= event time < before, ms; null: no bound. */
  readonly after: number | null;
  readonly before: number | null;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/**
 * An optional ability of an `EventLog`: RunEvents by event time, for `GET /api/v1/events/lineage` and
 * `/stats/lineage-events`. The log keeps the event time and type of each RunEvent beside its body; events whose body
 * retention took are not found, and not counted in `total`.
 */
export interface EventTimeIndex {
  /** By (event time, position); `total` is of all that match, not of the page. */
  byTime(query: EventTimeQuery): Promise<{ readonly events: readonly LoggedEvent[]; readonly total: number }>;
  /**
   * How many RunEvents of each type there are in each interval [bounds[i], bounds[i + 1]); one map an interval, types
   * that don't occur left out. `bounds` rise and are hours or local days of at most a week.
   */
  countByType(bounds: readonly number[]): Promise<readonly ReadonlyMap<RunEventType, number>[]>;
}

/** Assets whose own name holds a text, letters of either case; aliases, fields, tags and descriptions don't count. */
export interface NameQuery {
  readonly text: string;
  readonly kind: AssetKind | null;
  readonly namespace: string | null;
  /** Last seen at or after, and before (ms). */
  readonly seenSince: number | null;
  readonly seenBefore: number | null;
  /** `name` rises, `lastSeen` falls; ties by id. */
  readonly order: 'name' | 'lastSeen';
  readonly limit: number;
}

/**
 * What the Marquez-compatible API asks beyond `GraphReader`: an optional ability of a reader, found by its methods.
 * A reader without it is asked the same by `GraphReader`'s methods, which answers right but reads whole lists.
 * Each method is one call, whatever the number of ids.
 */
export interface MarquezReads {
  findByName(query: NameQuery): Promise<{ readonly items: readonly Asset[]; readonly total: number }>;
  /** Jobs whose latest run is in one of the states, last seen first. */
  jobsInState(query: {
    readonly states: readonly RunState[];
    readonly namespace: string | null;
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly Asset[]; readonly total: number }>;
  /** The current facets of these names on datasets and jobs, whichever carry them, by id; as `facets` gives them. */
  facetsNamed(names: readonly string[]): Promise<ReadonlyMap<string, readonly Facet[]>>;
  /** For each time (rising): how many assets of the kind were first seen before it. */
  firstSeenBefore(kind: AssetKind, times: readonly number[]): Promise<readonly number[]>;
}
