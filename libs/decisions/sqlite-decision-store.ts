/**
 * The embedded decision store: one SQLite file, owned by a thread of its own. A file apart from the graph's: that one may
 * be built anew from the events, and what was decided was decided once.
 *
 * Its limits: one process at a time (the data folder is locked by the hub).
 */
import { Worker } from 'node:worker_threads';
import type {
  Attempt,
  Decision,
  DecisionQuery,
  DecisionStore,
  Delivery,
  GuardPart,
  Incident,
  IncidentQuery,
  KeptPage,
  ReactCommit,
  ReactState,
} from '#rules';
import type { DecisionCall, DecisionReply } from './decision-messages.ts';

/** What the thread threw: `name` tells the kind (`NewerSchema`, `StorageFull` …). */
export class DecisionStoreError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteDecisionStore implements DecisionStore {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: Error | null = null;
  #closing: Promise<void> | null = null;

  private constructor(folder: string) {
    // Not `source`: a thread runs what is built, and inherits no loader of its owner.
    this.#worker = new Worker(new URL(import.meta.resolve('#decisions/worker')), { workerData: folder, execArgv: [] });
    this.#worker.on('message', (reply: DecisionReply) => this.#answered(reply));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#end(new DecisionStoreError('DecisionsClosed', 'the decision store is closed')));
  }

  /**
   * Opens (or makes) `decisions.db` in an existing folder.
   * @throws DecisionStoreError named NewerSchema where a newer program made the file
   */
  static async open(folder: string): Promise<SqliteDecisionStore> {
    const store = new SqliteDecisionStore(folder);
    await new Promise((resolve, reject) => store.#waiting.set(0, { resolve, reject }));
    return store;
  }

  state(): Promise<ReactState> {
    return this.#ask({ op: 'state' });
  }

  guards(wanted: readonly Pick<GuardPart, 'part' | 'key'>[]): Promise<readonly GuardPart[]> {
    return this.#ask({ op: 'guards', wanted: wanted.map(({ part, key }) => ({ part, key })) });
  }

  commit(commit: ReactCommit): Promise<boolean> {
    return this.#ask({ op: 'commit', commit });
  }

  due(now: number, first: number): Promise<{ readonly deliveries: readonly Delivery[]; readonly next: number | null }> {
    return this.#ask({ op: 'due', now, first });
  }

  head(lane: string): Promise<Delivery | null> {
    return this.#ask({ op: 'head', lane });
  }

  attempted(id: string, attempt: Attempt): Promise<void> {
    return this.#ask({ op: 'attempted', delivery: id, attempt });
  }

  redeliver(id: string, now: number): Promise<Delivery | null> {
    return this.#ask({ op: 'redeliver', delivery: id, now });
  }

  decisions(query: DecisionQuery): Promise<KeptPage<Decision>> {
    return this.#ask({ op: 'decisions', query });
  }

  decision(ids: readonly string[]): Promise<readonly Decision[]> {
    return this.#ask({ op: 'decision', ids });
  }

  deliveries(decisions: readonly string[]): Promise<ReadonlyMap<string, readonly Delivery[]>> {
    return this.#ask({ op: 'deliveries', decisions });
  }

  starters(since: number, most: number): Promise<readonly Decision[]> {
    return this.#ask({ op: 'starters', since, most });
  }

  askedFor(deliveries: readonly string[]): Promise<ReadonlyMap<string, Decision>> {
    return this.#ask({ op: 'askedFor', deliveries });
  }

  lastFired(rules: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask({ op: 'lastFired', rules });
  }

  incidents(query: IncidentQuery): Promise<KeptPage<Incident>> {
    return this.#ask({ op: 'incidents', query });
  }

  incident(ids: readonly string[]): Promise<readonly Incident[]> {
    return this.#ask({ op: 'incident', ids });
  }

  note(name: string): Promise<string | null> {
    return this.#ask({ op: 'note', name });
  }

  keepNote(name: string, text: string): Promise<void> {
    return this.#ask({ op: 'keepNote', name, text });
  }

  prune(before: number): Promise<{ readonly decisions: number; readonly incidents: number }> {
    return this.#ask({ op: 'prune', before });
  }

  /** A consistent copy into an existing folder, made while it goes on. */
  backup(folder: string): Promise<void> {
    return this.#ask({ op: 'backup', folder });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended !== null) return;
    await this.#ask<null>({ op: 'close' });
    await this.#worker.terminate();
  }

  /** The worker answers each call with what `DecisionFile` gives for it. */
  #ask<T>(call: DecisionCall): Promise<T> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#last += 1;
    const id = this.#last;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call });
    }) as Promise<T>;
  }

  #answered(reply: DecisionReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.answer);
    else waiting?.reject(new DecisionStoreError(reply.name, reply.message));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
