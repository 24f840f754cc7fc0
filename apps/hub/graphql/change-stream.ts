import type { Change } from '#lineage';
import { GraphqlFailure } from './graphql-failure.ts';
import type { Session } from './session.ts';

/** The items of a subscription, as graphql takes them, and a way to put others in. */
export interface ChangeStream<Item> extends AsyncIterableIterator<Item> {
  push(items: readonly Item[]): void;
  return(): Promise<IteratorResult<Item>>;
}

/**
 * The changes from now on that `wanted` lets pass. A subscriber that reads slower than the hub changes is cut off with
 * the place to go on from, for neither may its queue grow without end nor a change be dropped unsaid.
 *
 * Not a generator: the `return` of one waits for the `next` that is under way, and here that one waits for a change.
 */
export function changeStream<Item>(
  { deps, limits }: Session,
  wanted: (change: Change) => boolean,
  itemOf: (change: Change) => Item,
): ChangeStream<Item> {
  const queue: Item[] = [];
  let failure: GraphqlFailure | null = null;
  let ended = false;
  let waiting: ((result: IteratorResult<Item> | Promise<IteratorResult<Item>>) => void) | null = null;

  const end = (): void => {
    ended = true;
    remove();
    waiting?.({ done: true, value: undefined });
    waiting = null;
  };

  const push = (items: readonly Item[]): void => {
    if (ended) return;
    queue.push(...items);
    const next = queue[0];
    if (waiting === null || next === undefined) return;
    queue.shift();
    waiting({ done: false, value: next });
    waiting = null;
  };

  const remove = deps.onChanges((changes) => {
    const passed = changes.filter(wanted);
    if (failure !== null || queue.length + passed.length > limits.waitingChanges) {
      failure ??= fellBehind(changes[0]);
      remove();
      return;
    }
    push(passed.map(itemOf));
  });

  const stream: ChangeStream<Item> = {
    push,
    next() {
      const item = queue.shift();
      if (item !== undefined) return Promise.resolve({ done: false, value: item });
      if (failure !== null) return Promise.reject(failure);
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    return() {
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
    throw(reason: unknown) {
      end();
      return Promise.reject(reason);
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

const fellBehind = (first: Change | undefined): GraphqlFailure =>
  new GraphqlFailure(
    'FELL_BEHIND',
    `more changes waited than are kept for one subscriber: read changes(after: "${(first?.sequence ?? 1) - 1}"), then subscribe again`,
  );
