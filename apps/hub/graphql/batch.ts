/**
 * Joins the loads of one tick into one call, so that a query costs a number of calls that depends on its shape and not
 * on how many nodes it returns.
 *
 * ```
 * node 1 .load(a) ─┐
 * node 2 .load(b) ─┼─ end of the tick ─→ fetch([a, b]) ─→ each its own
 * node 3 .load(a) ─┘
 * ```
 *
 * With `keep`, a key is fetched once in the batch's life: right for one request, wrong for a subscription, which lives
 * for days and must not answer with what it read on the first of them.
 */
export class Batch<Value> {
  readonly #fetch: (keys: readonly string[]) => Promise<readonly Value[]>;
  readonly #keep: boolean;
  readonly #held = new Map<string, Promise<Value>>();
  #waiting: Waiting<Value>[] = [];

  /** `fetch` answers in the order of its keys. */
  constructor(keep: boolean, fetch: (keys: readonly string[]) => Promise<readonly Value[]>) {
    this.#keep = keep;
    this.#fetch = fetch;
  }

  load(key: string): Promise<Value> {
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const { promise, resolve, reject } = withResolvers<Value>();
    if (this.#waiting.length === 0) this.#atEndOfTick();
    this.#waiting.push({ key, resolve, reject });
    this.#held.set(key, promise);
    return promise;
  }

  /** After the promise jobs of this tick, in which the other branches of the query still come to their loads. */
  #atEndOfTick(): void {
    queueMicrotask(() => {
      process.nextTick(() => {
        const batch = this.#waiting;
        this.#waiting = [];
        if (!this.#keep) for (const { key } of batch) this.#held.delete(key);
        void settle(batch, this.#fetch);
      });
    });
  }
}

interface Waiting<Value> {
  readonly key: string;
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

/** Never rejects: a failed call fails each of its loads. */
async function settle<Value>(
  batch: readonly Waiting<Value>[],
  fetch: (keys: readonly string[]) => Promise<readonly Value[]>,
): Promise<void> {
  try {
    const values = await fetch(batch.map(({ key }) => key));
    if (values.length !== batch.length)
      throw new Error(`${batch.length} keys were answered with ${values.length} values`);
    values.forEach((value, at) => {
      batch[at]?.resolve(value);
    });
  } catch (reason) {
    for (const { reject } of batch) reject(reason);
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<Value>() {
  let resolve: (value: Value) => void = unset;
  let reject: (reason: unknown) => void = unset;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

// Never called: the executor of a promise runs before its constructor returns.
const unset = (): void => undefined;
