/** Places in the change feed, found without reading it. */
import type { Change, GraphReader } from '#lineage';
import type { FeedCursor } from '#rules';

const ANY = { kinds: null, subjects: null, since: null, breaking: null } as const;

async function changeAfter(reader: GraphReader, sequence: number): Promise<Change | null> {
  const { items } = await reader.changes({ ...ANY, first: 1, after: String(sequence) });
  return items[0] ?? null;
}

/** The last change; at 0: there is none. */
export const feedHead = (reader: GraphReader, feed: number): Promise<FeedCursor> => lastOf(reader, feed, () => true);

/**
 * Where deciding goes on. A feed in which the change of the cursor isn't the one that was decided is another feed: the graph
 * was built anew, and its changes were numbered anew. What the hub had seen by then was decided in the old one.
 */
export async function resume(reader: GraphReader, cursor: FeedCursor): Promise<FeedCursor> {
  const { mark } = cursor;
  if (mark === null) return cursor;
  const there = await changeAfter(reader, cursor.sequence - 1);
  if (there !== null && there.sequence === cursor.sequence && isMarked(there, mark)) return cursor;
  return lastOf(reader, cursor.feed + 1, ({ seen }) => seen <= mark.seen);
}

export const cursorAt = ({ sequence, kind, subject, at, seen }: Change, feed: number): FeedCursor => ({
  sequence,
  feed,
  mark: { kind, subject, at, seen },
});

const isMarked = (change: Change, mark: NonNullable<FeedCursor['mark']>): boolean =>
  change.kind === mark.kind && change.subject === mark.subject && change.at === mark.at && change.seen === mark.seen;

/** The last change of those at the beginning that pass, by some forty reads at most. */
async function lastOf(reader: GraphReader, feed: number, passes: (change: Change) => boolean): Promise<FeedCursor> {
  let last: Change | null = null;
  let beyond = Number.POSITIVE_INFINITY;
  for (let step = 1; beyond - (last?.sequence ?? 0) > 1; ) {
    const from = last?.sequence ?? 0;
    const to = beyond === Number.POSITIVE_INFINITY ? from + step : Math.floor((from + beyond) / 2);
    const found: Change | null = await changeAfter(reader, to - 1);
    if (found === null || !passes(found)) beyond = to;
    else if (found.sequence >= beyond) break;
    else last = found;
    step *= 2;
  }
  return last === null ? { sequence: 0, feed, mark: null } : cursorAt(last, feed);
}
