import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Signal, Signals } from '#lineage';
import { connectRedis, WAITING } from './redis-connection.ts';

export interface RedisSignalsOptions {
  readonly url: string;
  /** Hubs that share a server have different ones. */
  readonly prefix?: string;
  readonly onError: (error: Error) => void;
}

/** Signals over a channel of Redis. Those of one tick go as one: the latest of each kind. */
export class RedisSignals implements Signals {
  readonly #channel: string;
  readonly #id: string;
  readonly #sender: Redis;
  readonly #receiver: Redis;
  readonly #onError: (error: Error) => void;
  readonly #listeners = new Set<(signal: Signal) => void>();
  readonly #waiting = new Map<Signal['kind'], number>();

  private constructor(
    sender: Redis,
    receiver: Redis,
    id: string,
    { prefix = 'headwater', onError }: RedisSignalsOptions,
  ) {
    this.#channel = `${prefix}:signals`;
    this.#id = id;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#onError = onError;
    receiver.on('message', (_, text) => this.#hear(text));
  }

  /** Rejects with a StorageError. */
  static async open(options: RedisSignalsOptions): Promise<RedisSignals> {
    const sender = await connectRedis(options.url, options.onError);
    // A connection that listens does nothing else; it subscribes again after each absence of the server.
    const receiver = await connectRedis(options.url, options.onError, WAITING);
    const signals = new RedisSignals(sender, receiver, randomUUID(), options);
    await receiver.subscribe(signals.#channel);
    return signals;
  }

  tell({ kind, position }: Signal): void {
    if (this.#waiting.size === 0) setImmediate(() => void this.#send().catch(this.#onError));
    this.#waiting.set(kind, Math.max(position, this.#waiting.get(kind) ?? 0));
  }

  onSignal(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#receiver.disconnect();
    this.#sender.disconnect();
  }

  async #send(): Promise<void> {
    const signals = [...this.#waiting].map(([kind, position]) => `${this.#id} ${kind} ${position}`);
    this.#waiting.clear();
    await Promise.all(signals.map((text) => this.#sender.publish(this.#channel, text)));
  }

  #hear(text: string): void {
    const [id, kind, position] = text.split(' ');
    // What is none of ours, or of a later version, is nobody's signal.
    if (id === this.#id || !isKind(kind) || !/^\d{1,15}$/.test(position ?? '')) return;
    for (const listener of this.#listeners) listener({ kind, position: Number(position) });
  }
}

const KINDS: readonly string[] = ['appended', 'applied', 'decided'] satisfies readonly Signal['kind'][];
const isKind = (kind: string | undefined): kind is Signal['kind'] => kind !== undefined && KINDS.includes(kind);
