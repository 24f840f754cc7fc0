/**
 * The write side of a graph that many workers share. Each worker folds the log into a file of its own; the graph in Neo4j
 * says which step is next, for all of them alike.
 *
 * ```
 * events 1–7 ─▶ worker A  prepare ─▶ commit 3 in Neo4j ─▶ settle
 *        └────▶ worker B  prepare ─▶ overtaken ─▶ drop ─▶ follow 3 ─▶ prepare 8–9 ─▶ commit 4 …
 * ```
 * A file is never ahead of Neo4j, and a commit that was made is followed by all: so whoever commits next starts from the
 * same state, and what a commit tells is what it changed. Whose turn it is only saves work; nothing rests on it.
 */
import { randomUUID } from 'node:crypto';
import {
  type ApplyResult,
  type Change,
  DEFAULT_FLOW_LIMITS,
  type DeclaredRuns,
  type EventLog,
  type ExportOptions,
  type FlowLimits,
  type LoggedEvent,
} from '#lineage';
import { copyFile, exportFile } from './file-threads.ts';
import { type GraphStep, ONE_BY_ONE, type PreparedStep, type Said, type SaidStep } from './graph-step.ts';
import { GraphError, GraphThread } from './graph-thread.ts';
import { TakenBack } from './neo4j/asked-steps.ts';
import { CommitOvertaken, type CommitRecord, type GraphPosition, type ReadableGraph } from './neo4j/readable-graph.ts';
import { PreparedParts } from './prepared-parts.ts';
import { publishedRows } from './publish-file.ts';

export interface GraphCommitterOptions {
  readonly graph: ReadableGraph;
  /** Of this worker alone. What is lost with it is folded again. */
  readonly folder: string;
  readonly log: Pick<EventLog, 'read'>;
  readonly limits?: FlowLimits;
  /** Of a turn, ms: how long others wait for a worker that went away. */
  readonly turnMs?: number;
  /** ms; by default the clock of the machine. Decides flow state alone. */
  readonly now?: () => number;
}

const TURN_MS = 5_000;
/** Commits that are read at once by who follows. */
const FOLLOWED = 200;

/** The worker's file can't be brought to where the graph is. */
export class CannotFollow extends Error {
  override readonly name = 'CannotFollow';
}

/** A commit, and what it answers. */
interface Committed {
  readonly step: PreparedStep;
  readonly changes: readonly Change[];
}

export class GraphCommitter {
  readonly #worker = randomUUID();
  readonly #graph: ReadableGraph;
  readonly #folder: string;
  readonly #log: Pick<EventLog, 'read'>;
  readonly #turnMs: number;
  readonly #now: () => number;
  readonly #file: GraphThread;
  /** The commit and position that the file holds. */
  #held: { commit: number; applied: number };
  /** Until when, by the clock of this process that only rises, the turn surely is this worker's. */
  #turnUntil = 0;
  #steps = 0;
  /** What was asked last: one step after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(options: GraphCommitterOptions, file: GraphThread, held: { commit: number; applied: number }) {
    this.#graph = options.graph;
    this.#folder = options.folder;
    this.#log = options.log;
    this.#turnMs = options.turnMs ?? TURN_MS;
    this.#now = options.now ?? Date.now;
    this.#file = file;
    this.#held = held;
  }

  /** @throws GraphError named NewerSchema where a newer program made the file */
  static async open(options: GraphCommitterOptions): Promise<GraphCommitter> {
    const { folder, limits = DEFAULT_FLOW_LIMITS, graph } = options;
    const file = await GraphThread.start({
      folder,
      limits,
      aliases: [],
      people: folder,
      mutations: false,
      saidAfter: await graph.saidAfter(),
      mode: 'replica',
    });
    return new GraphCommitter(options, file, await file.ask({ op: 'position' }));
  }

  /** Of the graph in Neo4j, whoever committed it. */
  async applied(): Promise<number> {
    return (await this.#graph.shown()).applied;
  }

  apply(batch: readonly LoggedEvent[], asOf?: number): Promise<ApplyResult> {
    return this.#inOrder(() => this.#apply(batch, asOf));
  }

  /** With what was asked of processes that have no file. */
  async tick(now: number): Promise<readonly Change[]> {
    if (!(await this.takeTurn())) return [];
    return this.#inOrder(async () => [
      ...(await this.#sayAsked()),
      ...(await this.#commitNext({ op: 'tick', now })).changes,
    ]);
  }

  /** By one worker for all, with the commits that nobody can follow any more, since retention took their events. */
  async prune(before: number): Promise<{ readonly runs: number }> {
    if (!(await this.takeTurn())) return { runs: 0 };
    return this.#inOrder(async () => {
      const { step } = await this.#commitNext({ op: 'prune', before });
      const [oldest] = await this.#log.read(0, 1);
      await this.#graph.forgetCommits(oldest === undefined ? this.#held.applied : oldest.position - 1);
      await this.#graph.asked.forget();
      return { runs: step.runs };
    });
  }

  /** What a person said. */
  say(step: SaidStep): Promise<Said> {
    return this.#inOrder(async () => {
      const { step: done, changes } = await this.#commitNext(step);
      return saidWith(done, changes);
    });
  }

  /** As the settings say; where they say what they said, nothing is committed. */
  async configureAliases(groups: readonly (readonly string[])[]): Promise<readonly Change[]> {
    return this.#inOrder(async () => (await this.#commitNext({ op: 'aliases', groups })).changes);
  }

  /** As the rules say; where they say what they said, nothing is committed. */
  async expectRuns(declared: ReadonlyMap<string, DeclaredRuns>): Promise<void> {
    await this.#inOrder(() => this.#commitNext({ op: 'expect', declared: [...declared] }));
  }

  /**
   * Whether this worker is to apply what comes next, for a while. If not, it has followed who is, and asks again.
   * @throws CannotFollow
   */
  takeTurn(): Promise<boolean> {
    return this.#inOrder(async () => {
      if (performance.now() < this.#turnUntil) return true;
      const asked = performance.now();
      if (await this.#graph.takeTurn(this.#worker, this.#turnMs)) {
        // Half of it is left to others' clocks, and to what is being committed when it ends.
        this.#turnUntil = asked + this.#turnMs / 2;
        return true;
      }
      await this.#follow(await this.#graph.position());
      return false;
    });
  }

  /** Of the state that is published when it begins. */
  async *export(options?: ExportOptions): AsyncIterable<string> {
    await this.#inOrder(async () => this.#follow(await this.#graph.position()));
    yield* exportFile(this.#folder, options);
  }

  async backup(folder: string): Promise<void> {
    await this.#inOrder(async () => this.#follow(await this.#graph.position()));
    await copyFile(this.#folder, this.#folder, folder);
  }

  /** Closes the file, not the graph that it was given. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    if (this.#turnUntil > 0) await this.#graph.endTurn(this.#worker).catch(() => undefined); // it ends by itself
    await this.#file.close();
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => {
      if (this.#closed) throw new Error('the graph is closed');
      return work();
    });
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #sayAsked(): Promise<readonly Change[]> {
    const { asked } = this.#graph;
    const told: Change[] = [];
    for (const { id, step } of await asked.open()) {
      try {
        const { step: done, changes } = await this.#commitNext(step, id);
        if (!done.wrote) await asked.answer(id, saidWith(done, changes));
        told.push(...changes);
      } catch (error) {
        if (error instanceof GraphError && !error.passes) await asked.fail(id, error.message);
        else if (!(error instanceof TakenBack)) throw error;
      }
    }
    return told;
  }

  async #apply(batch: readonly LoggedEvent[], asOf?: number): Promise<ApplyResult> {
    for (;;) {
      const fresh = batch.filter(({ position }) => position > this.#held.applied);
      const last = fresh.at(-1);
      if (last === undefined) {
        // Others may be further.
        await this.#follow(await this.#graph.position());
        return { changes: [], faults: [], applied: this.#held.applied };
      }
      const step = { op: 'apply', until: last.position, events: fresh.length, now: asOf ?? this.#now() } as const;
      const outcome = await this.#commit(step, fresh);
      if (outcome === ONE_BY_ONE) return this.#oneByOne(fresh, asOf);
      if (outcome !== null)
        return { changes: outcome.changes, faults: outcome.step.faults, applied: this.#held.applied };
    }
  }

  /** One of them can't be applied: which, is found alone, and costs the others nothing. */
  async #oneByOne(events: readonly LoggedEvent[], asOf: number | undefined): Promise<ApplyResult> {
    const results: ApplyResult[] = [];
    for (const event of events) results.push(await this.#apply([event], asOf));
    return {
      changes: results.flatMap(({ changes }) => changes),
      faults: results.flatMap(({ faults }) => faults),
      applied: this.#held.applied,
    };
  }

  /**
   * A step without events, as often as it is overtaken. That there is nothing to do is so of a state that was the newest
   * meanwhile: to look again would be for ever, while others commit without a pause.
   */
  async #commitNext(step: GraphStep, asked?: string): Promise<Committed> {
    await this.#follow(await this.#graph.position());
    for (;;) {
      const outcome = await this.#commit(step, [], asked);
      if (outcome === ONE_BY_ONE) throw new Error(`a ${step.op} has no events`);
      if (outcome !== null) return outcome;
    }
  }

  /**
   * @param asked the id under which another process asked for it
   * @returns null: another commit came first; it has been followed
   * @throws TakenBack
   */
  async #commit(
    step: GraphStep,
    events: readonly LoggedEvent[],
    asked?: string,
  ): Promise<Committed | typeof ONE_BY_ONE | null> {
    const prepared = await this.#file.ask({ op: 'prepare', step, events });
    if (prepared === ONE_BY_ONE) return ONE_BY_ONE;
    if (!prepared.wrote) {
      await this.#file.ask({ op: 'drop' });
      return { step: prepared, changes: [] };
    }
    const after = this.#held.commit;
    const applied = step.op === 'apply' ? prepared.applied : this.#held.applied;
    this.#steps += 1;
    const by = `${this.#worker} ${this.#steps}`;
    try {
      const parts = new PreparedParts(this.#file);
      const answer =
        asked === undefined
          ? {}
          : { answer: { id: asked, said: (told: readonly Change[]) => saidWith(prepared, told) } };
      const changes = await this.#graph.commit({
        ...answer,
        ...{ after, applied, changes: prepared.changes, parts, step, by },
      });
      await this.#settle(after + 1, applied);
      return { step: prepared, changes };
    } catch (error) {
      if (error instanceof CommitOvertaken) {
        const [next] = await this.#graph.commits(after, 1);
        // The answer was lost on the way, and the driver has tried again.
        if (next?.by === by) {
          await this.#settle(after + 1, applied);
          return { step: prepared, changes: numbered(prepared.changes, next) };
        }
      }
      await this.#file.ask({ op: 'drop' });
      this.#turnUntil = 0;
      if (!(error instanceof CommitOvertaken)) throw error;
      await this.#follow(await this.#graph.position());
      return null;
    }
  }

  async #settle(commit: number, applied: number): Promise<void> {
    await this.#file.ask({ op: 'settle', commit });
    this.#held = { commit, applied };
  }

  /**
   * Does what was committed since.
   * @returns whether there was anything
   * @throws CannotFollow
   */
  async #follow({ commit, applied }: GraphPosition): Promise<boolean> {
    const from = this.#held.commit;
    if (from > commit) {
      throw new CannotFollow(
        `the file in ${this.#folder} holds commit ${from}, the graph in Neo4j ends at ${commit}: Neo4j was restored from an older copy. ` +
          'Stop all workers and remove their files: they fold the log anew',
      );
    }
    while (this.#held.commit < commit) {
      const commits = await this.#commitsNext();
      if (commits[0]?.number !== this.#held.commit + 1) throw this.#tooOld(applied);
      if (commits[0].step?.op === 'import') {
        await this.#followImport(commit);
        continue;
      }
      for (const record of commits) await this.#followOne(record, applied);
    }
    return commit > from;
  }

  /** Those after what is held; none only if they are not there any more. */
  async #commitsNext(): Promise<readonly CommitRecord[]> {
    const { commit } = this.#held;
    const commits = await this.#graph.commits(commit, FOLLOWED);
    return commits[0]?.number === commit + 1 ? commits : this.#graph.settledCommits(commit, FOLLOWED);
  }

  /**
   * All of its parts, or none.
   * @throws CannotFollow while the last one isn't there
   */
  async #followImport(commit: number): Promise<void> {
    const first = this.#held.commit + 1;
    for (let number = first; number <= commit; number += FOLLOWED) {
      const last = (await this.#graph.commits(number - 1, FOLLOWED)).find(
        ({ step }) => step?.op === 'import' && step.last,
      );
      if (last === undefined) continue;
      for await (const lines of publishedRows(this.#graph, first, last.number))
        await this.#file.ask({ op: 'load', lines });
      await this.#file.ask({ op: 'loaded', commit: last.number });
      this.#held = { commit: last.number, applied: 0 };
      return;
    }
    throw new CannotFollow(
      'a graph is being imported into Neo4j, or its import was broken off. In the latter case empty the database and import it again',
    );
  }

  async #followOne({ number, step }: CommitRecord, published: number): Promise<void> {
    if (step === null) throw this.#tooOld(published);
    const events = step.op === 'apply' ? await this.#log.read(this.#held.applied, step.events) : [];
    if (step.op === 'apply' && (events.length < step.events || events.at(-1)?.position !== step.until))
      throw this.#tooOld(published);
    await this.#file.ask({ op: 'follow', step, events, commit: number });
    this.#held = { commit: number, applied: step.op === 'apply' ? step.until : this.#held.applied };
  }

  #tooOld(published: number): CannotFollow {
    const { commit, applied } = this.#held;
    return new CannotFollow(
      `the file in ${this.#folder} ends at commit ${commit} (position ${applied}), the graph at position ${published}, and retention took what is between. ` +
        'Start from the file of another worker: with both stopped, copy its graph.db and what is beside it (graph.db-*) into that folder',
    );
  }
}

/** As its asker hears it: with the changes as they are numbered. */
function saidWith({ merge, remark }: Said, changes: readonly Change[]): Said {
  return {
    merge: merge?.kind === 'done' ? { ...merge, changes } : merge,
    remark: remark?.kind === 'done' ? { ...remark, changes } : remark,
  };
}

function numbered(changes: readonly Change[], { sequence }: CommitRecord): Change[] {
  return changes.map((change, i) => ({ ...change, sequence: sequence - changes.length + i + 1 }));
}
