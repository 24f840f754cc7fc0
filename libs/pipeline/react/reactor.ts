import { type Change, type Clock, type GraphReader, takesTurns } from '#lineage';
import {
  type DecisionStore,
  ENGINE_LIMITS,
  type EngineLimits,
  type FeedCursor,
  guardKeys,
  type IncidentCommand,
  type IncidentStep,
  NO_GUARD_STATE,
  NO_RULES,
  nextIncidentDeadline,
  type Occasion,
  occasionOfChange,
  type Pause,
  type PlannedDelivery,
  type ReactState,
  type Rule,
  releaseBrake,
} from '#rules';
import { cursorAt, feedHead, resume } from './feed-position.ts';
import { incidentOccasions, waitedInVain } from './incident-occasions.ts';
import { prepare } from './prepare.ts';
import { Round } from './round.ts';
import { inForce, kindsToRead, type RulesInForce } from './rules-in-force.ts';
import { Starters } from './starters.ts';

export interface ReactorParts {
  readonly reader: GraphReader;
  readonly decisions: DecisionStore;
  readonly clock: Clock;
  readonly limits?: EngineLimits;
  /** These are to be delivered. */
  readonly onDeliveries: (planned: readonly PlannedDelivery[]) => void;
  /** It became this process's turn to decide, or another's. Where one alone decides, nobody is told. */
  readonly onTurn?: (isOurs: boolean) => void;
  /** @param revision of the store, that says so */
  readonly onIncidents: (steps: readonly IncidentStep[], revision: number) => void;
}

export interface ReactorStatus {
  /** Everything up to here was looked at. */
  readonly decided: number;
  /** The last change that is known of. */
  readonly head: number;
  /** Decisions since start, by verdict. */
  readonly fired: number;
  readonly suppressed: number;
  readonly notMet: number;
  /** Why the last round failed; null: it didn't. The next one makes up for it. */
  readonly failure: string | null;
}

/** Changes in one round at most. What breaks in one round is sorted by cause. */
const CHANGES_AT_ONCE = 2_000;
const RETRY_MS = 1_000;
/** Where several processes share the store: whose turn it is, is looked at so often. */
const TURN_LOOK_MS = 1_000;
/** Timers don't reach further. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Follows the change feed and the clock, decides, and keeps what was decided: cursor, decisions, guards, incidents and
 * deliveries of a round in one commit. Broken off anywhere, the round is decided again from what was kept.
 *
 * Where several processes share the store, one of them follows at a time. Nothing rests on whose turn it is: a round that was
 * worked out from what another has overtaken meanwhile is kept by nobody, and decided anew.
 *
 * ```
 * feed ──▶ kinds that rules want ──▶ prepare (reads) ──▶ decide (pure) ──▶ commit ──▶ deliveries
 *  └ cursor ◀──────────────────────────────────────────────────────────────┘
 * ```
 */
export class Reactor {
  readonly #parts: ReactorParts;
  readonly #shared: boolean;
  #rules: RulesInForce = inForce(NO_RULES);
  /** null: to be read anew. */
  #state: ReactState | null = null;
  /** Ahead of what is kept by changes of which nothing came. */
  #cursor: FeedCursor = { sequence: 0, feed: 0, mark: null };
  #head = 0;
  readonly #starters: Starters;
  #queue: Promise<void> = Promise.resolve();
  #following = false;
  #scheduled = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #counts = { fired: 0, suppressed: 0, notMet: 0 };
  #failure: string | null = null;
  #hasTurn = false;

  constructor(parts: ReactorParts) {
    this.#parts = parts;
    this.#starters = new Starters(parts.decisions);
    this.#shared = takesTurns(parts.decisions);
  }

  /** Goes on where it was; the first time at the end of the feed: rules are about what comes after them. */
  async start(rules: RulesInForce): Promise<void> {
    this.#rules = rules;
    await this.#exclusive(async () => {
      const { reader } = this.#parts;
      const state = await this.#parts.decisions.state();
      this.#cursor = state.cursor === null ? await feedHead(reader, 0) : await resume(reader, state.cursor);
      this.#head = Math.max(this.#head, (await feedHead(reader, 0)).sequence);
      this.#state = state;
      await this.#keepCursor();
    });
    this.#following = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#following = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#exclusive(async () => {
      if (this.#state !== null && this.#failure === null) await this.#keepCursor();
    });
  }

  /** Other rules from the next change on. */
  use(rules: RulesInForce): Promise<void> {
    return this.#exclusive(async () => {
      this.#rules = rules;
      await this.#keepCursor();
    });
  }

  /** These are in the feed. */
  fed(changes: readonly Change[]): void {
    const last = changes.at(-1);
    if (last === undefined) return;
    this.#head = Math.max(this.#head, last.sequence);
    this.#wake();
  }

  /** Resolves when everything that was fed by now is decided. Rejects when a round fails. */
  async settled(): Promise<void> {
    await this.#exclusive(() => this.#catchUp());
  }

  status(): ReactorStatus {
    return { decided: this.#cursor.sequence, head: this.#head, ...this.#counts, failure: this.#failure };
  }

  get rules(): RulesInForce {
    return this.#rules;
  }

  /** Somebody handles an incident; a text: why that can't be. */
  async handle(incident: string, command: IncidentCommand, who: string): Promise<string | null> {
    let refused: string | null = null;
    await this.#exclusive(async () => {
      const round = this.#round(await this.#newest());
      refused = round.handle(incident, command, who);
      if (refused !== null) return;
      await this.#decide(round, [], this.#rules);
      await this.#finish(round, this.#cursor);
    });
    this.#wake();
    return refused;
  }

  /** @param rule null: all of them */
  pause(rule: Rule | null, pause: Pause): Promise<void> {
    return this.#brakeOrPause(rule, (part) => ({ ...part, paused: pause }));
  }

  /** Ends a pause, and a brake: a person has looked. */
  resume(rule: Rule | null): Promise<void> {
    return this.#brakeOrPause(rule, (part) => ({ ...part, paused: null, brake: releaseBrake(part.brake) }));
  }

  #brakeOrPause(
    rule: Rule | null,
    change: (part: typeof NO_GUARD_STATE.engine) => typeof NO_GUARD_STATE.engine,
  ): Promise<void> {
    return this.#exclusive(async () => {
      const round = this.#round(await this.#newest());
      const key = rule === null ? '' : guardKeys(rule, '', null).rule;
      const [kept] = await this.#parts.decisions.guards([{ part: rule === null ? 'engine' : 'rule', key }]);
      if (rule === null) {
        const value = kept?.part === 'engine' ? kept.value : NO_GUARD_STATE.engine;
        round.set({ part: 'engine', key: '', value: change(value) });
      } else {
        const value = kept?.part === 'rule' ? kept.value : NO_GUARD_STATE.rule;
        round.set({ part: 'rule', key, value: { ...value, ...change(value) } });
      }
      await this.#finish(round, this.#cursor);
    });
  }

  /** One thing at a time, in the order in which they were asked for. */
  #exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => this.#untilFirst(work));
    this.#queue = done.catch(() => {
      // Whoever asked hears of it. What is kept may be ahead of what is known here, or behind.
      this.#forget();
    });
    return done;
  }

  async #untilFirst(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        this.#forget();
      }
    }
  }

  #wake(): void {
    if (!this.#following || this.#scheduled) return;
    this.#scheduled = true;
    void this.#exclusive(async () => {
      this.#scheduled = false;
      if (this.#following) await this.#catchUp();
    }).then(
      () => {
        this.#failure = null;
        this.#sleep();
      },
      (error: unknown) => {
        this.#failure = error instanceof Error ? error.message : String(error);
        this.#sleep(RETRY_MS);
      },
    );
  }

  /** Until time alone brings something. */
  #sleep(ms: number | null = this.#untilNextLook()): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (ms === null || !this.#following) return;
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(0, ms), LONGEST_TIMER));
    this.#timer.unref();
  }

  #untilNextLook(): number | null {
    if (!this.#shared) return this.#untilDeadline();
    return this.#state === null ? TURN_LOOK_MS : Math.min(this.#untilDeadline() ?? TURN_LOOK_MS, TURN_LOOK_MS);
  }

  #untilDeadline(): number | null {
    if (this.#state === null) return 0;
    const next = nextIncidentDeadline(this.#state.breaches, this.#state.incidents);
    return next === null ? null : next - this.#parts.clock.now();
  }

  async #catchUp(): Promise<void> {
    if (!(await this.#isItsTurn())) return;
    await this.#elapse();
    while (this.#cursor.sequence < this.#head && (await this.#isItsTurn())) await this.#changes();
  }

  async #isItsTurn(): Promise<boolean> {
    const { decisions, onTurn } = this.#parts;
    if (!takesTurns(decisions)) return true;
    const isOurs = await decisions.takeTurn();
    if (isOurs !== this.#hasTurn) onTurn?.(isOurs);
    this.#hasTurn = isOurs;
    // Whoever reacts is further than what is known here.
    if (!isOurs) this.#forget();
    return isOurs;
  }

  /** What time alone brings to incidents. */
  async #elapse(): Promise<void> {
    const state = await this.#known();
    const round = this.#round(state);
    const now = this.#parts.clock.now();
    const alone = round.passTime();
    for (const breach of alone) {
      const rule = this.#rules.set.rules.find(({ name }) => name === breach.rule);
      // A rule that is gone asks nothing more.
      if (rule !== undefined)
        await this.#decide(round, [waitedInVain(breach, now)], inForce({ ...NO_RULES, rules: [rule] }));
    }
    await this.#decide(round, [], this.#rules);
    if (!round.isEmpty) await this.#finish(round, this.#cursor);
  }

  async #changes(): Promise<void> {
    const state = await this.#known();
    const head = this.#head;
    const kinds = kindsToRead(this.#rules, new Set(state.breaches.map(({ kind }) => kind)));
    const { feed } = this.#cursor;
    if (kinds.length === 0) {
      // Nothing is about anything: where the feed ends is all there is to know.
      this.#cursor = await this.#at(head);
      return;
    }
    const { items, next } = await this.#parts.reader.changes({
      kinds,
      subjects: null,
      since: null,
      breaking: null,
      first: CHANGES_AT_ONCE,
      after: String(this.#cursor.sequence),
    });
    const last = items.at(-1);
    // What lies between the last one and the head is of kinds that nobody asked for.
    const isBehind = last !== undefined && (next !== null || last.sequence >= head);
    const cursor = isBehind ? cursorAt(last, feed) : await this.#at(head);
    if (items.length > 0) {
      const round = this.#round(state);
      const prefix = feed === 0 ? '' : `${feed}.`;
      const occasions = items.map((change): Occasion => {
        const occasion = occasionOfChange(change);
        return prefix === '' ? occasion : { ...occasion, key: `change:${prefix}${change.sequence}` };
      });
      await this.#decide(round, occasions, this.#rules);
      if (!round.isEmpty) {
        await this.#finish(round, cursor);
        return;
      }
    }
    this.#cursor = cursor;
  }

  async #at(sequence: number): Promise<FeedCursor> {
    const { items } = await this.#parts.reader.changes({
      kinds: null,
      subjects: null,
      since: null,
      breaking: null,
      first: 1,
      after: String(sequence - 1),
    });
    const [change] = items;
    if (change === undefined) return { ...this.#cursor, sequence };
    return cursorAt(change, this.#cursor.feed);
  }

  /** And what that does to incidents, which rules may be about in turn. */
  async #decide(round: Round, occasions: readonly Occasion[], rules: RulesInForce): Promise<void> {
    const { reader, decisions, clock } = this.#parts;
    let by = rules;
    for (let wave = occasions; ; by = this.#rules) {
      const now = clock.now();
      const prepared = await prepare(reader, by, wave, now, wave.length === 0 ? null : await this.#starters.at(now));
      const wanted = round.lacks(prepared);
      if (wanted.length > 0) round.knows(wanted, await decisions.guards(wanted));
      round.decide(prepared);
      wave = incidentOccasions(round.untold(), clock.now()).filter(({ change }) => this.#rules.kinds.has(change.kind));
      if (wave.length === 0) return;
    }
  }

  #round(state: ReactState): Round {
    return new Round(state, this.#parts.limits ?? ENGINE_LIMITS, this.#parts.clock.now());
  }

  async #known(): Promise<ReactState> {
    if (this.#state !== null) return this.#state;
    const state = await this.#parts.decisions.state();
    this.#state = state;
    this.#cursor = state.cursor ?? (await feedHead(this.#parts.reader, 0));
    return state;
  }

  /** For what somebody asks for by hand: others may have decided since this process did. */
  #newest(): Promise<ReactState> {
    if (this.#shared) this.#forget();
    return this.#known();
  }

  /** What is kept is to be read anew. */
  #forget(): void {
    this.#state = null;
    this.#starters.forget();
  }

  async #keepCursor(): Promise<void> {
    const state = await this.#known();
    const { sequence, feed } = this.#cursor;
    if (state.cursor !== null && state.cursor.sequence === sequence && state.cursor.feed === feed) return;
    await this.#finish(this.#round(state), this.#cursor);
  }

  async #finish(round: Round, cursor: FeedCursor): Promise<void> {
    const commit = round.commit(cursor);
    if (!(await this.#parts.decisions.commit(commit))) throw new Overtaken();
    this.#state = round.next(cursor);
    this.#cursor = cursor;
    this.#starters.add(commit.decisions);
    for (const { verdict } of commit.decisions)
      this.#counts[verdict === 'FIRED' ? 'fired' : verdict === 'SUPPRESSED' ? 'suppressed' : 'notMet']++;
    if (commit.deliveries.length > 0) this.#parts.onDeliveries(commit.deliveries);
    if (round.steps.length > 0) this.#parts.onIncidents(round.steps, this.#state.revision);
  }
}

/** Another process decided meanwhile. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';

  constructor() {
    super('another process decided meanwhile');
  }
}
