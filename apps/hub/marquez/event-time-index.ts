import {
  type EventLog,
  type EventTimeIndex,
  type LoggedEvent,
  type RunEventTime,
  type RunEventType,
  runEventTime,
} from '#lineage';
import { MarquezError } from './marquez-error.ts';

interface TimedEvent extends RunEventTime {
  readonly event: LoggedEvent;
}

/** Events read at a time, and at most: beyond, an answer would cost minutes and gigabytes. */
const STRIDE = 1_000;
const MAX_EVENTS = 100_000;

/**
 * The log's own index of event times where it has one. Otherwise the log is read from its beginning, as long as it is
 * short; a longer one is refused, and the answer says why.
 */
export function eventTimeIndex(log: EventLog): EventTimeIndex {
  return offersEventTimes(log) ? log : scannedLog(log);
}

function offersEventTimes(log: EventLog): log is EventLog & EventTimeIndex {
  return 'byTime' in log && 'countByType' in log;
}

/** Exported for its contract. */
export function scannedLog(log: EventLog): EventTimeIndex {
  return {
    async byTime({ after, before, descending, limit, offset }) {
      const within = (await runEvents(log)).filter(
        ({ time }) => (after === null || time >= after) && (before === null || time < before),
      );
      const rising = within.sort((a, b) => a.time - b.time || a.event.position - b.event.position);
      const ordered = descending ? rising.reverse() : rising;
      return { events: ordered.slice(offset, offset + limit).map(({ event }) => event), total: within.length };
    },

    async countByType(bounds) {
      const counts = bounds.slice(1).map(() => new Map<RunEventType, number>());
      for (const { time, type } of await runEvents(log)) {
        const interval = counts[bounds.findLastIndex((bound) => bound <= time)];
        if (type !== null && interval !== undefined) interval.set(type, (interval.get(type) ?? 0) + 1);
      }
      return counts;
    },
  };
}

async function runEvents(log: EventLog): Promise<TimedEvent[]> {
  const found: TimedEvent[] = [];
  let read = 0;
  for (let after = 0; ; ) {
    const events = await log.read(after, STRIDE);
    const last = events.at(-1);
    if (last === undefined) return found;
    read += events.length;
    if (read > MAX_EVENTS) {
      throw new MarquezError(
        501,
        `This event log keeps no event times and holds more than ${MAX_EVENTS} events: ask for a run's events by GraphQL instead.`,
      );
    }
    after = last.position;
    found.push(...events.flatMap(timed));
  }
}

function timed(event: LoggedEvent): TimedEvent[] {
  const run = runEventTime(JSON.parse(event.body));
  return run === null ? [] : [{ event, ...run }];
}
