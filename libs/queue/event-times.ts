import type { EventTimeQuery, RunEventTime, RunEventType } from '#lineage';
import type { EventRow } from './event-log-schema.ts';
import { asStorageError, type Database } from './open-database.ts';

/** The file holds places in this list: words are added at its end, none is moved. */
const TYPES: readonly RunEventType[] = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'];
/** Events of one step of counting, 60 ms: other calls get their turn between steps. */
const STEP = 1_000_000;
const [EARLIEST, LATEST] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** A place in the order of (event time, position). */
export interface EventTimePlace {
  readonly time: number;
  readonly position: number;
}

interface PlaceRow {
  readonly event_time: number;
  readonly position: number;
}

/** Before every event at or after `time`; null: before all. */
export function placeBefore(time: number | null): EventTimePlace {
  return { time: time ?? EARLIEST, position: 0 };
}

/** event_time and event_type of a row. */
export function timeColumns(run: RunEventTime | null): readonly [time: number | null, type: number | null] {
  if (run === null) return [null, null];
  const type = run.type === null ? -1 : TYPES.indexOf(run.type);
  return [run.time, type < 0 ? null : type];
}

/** RunEvents of a log's file by event time. Pages read the rows of events; counts read the index alone. */
export class EventTimes {
  readonly #path: string;
  readonly #step: number;
  readonly #statements;

  constructor(db: Database, path: string, step = STEP) {
    this.#path = path;
    this.#step = step;
    const page = (order: 'ASC' | 'DESC') =>
      db.prepare(
        `SELECT * FROM event WHERE event_time >= ? AND event_time < ? ORDER BY event_time ${order}, position ${order} LIMIT ? OFFSET ?`,
      );
    const counts = TYPES.map((type, i) => `ifnull(sum(event_type = ${i}), 0) AS ${type}`).join(', ');
    this.#statements = {
      rising: page('ASC'),
      falling: page('DESC'),
      stepEnd: db.prepare(
        `SELECT event_time, position FROM event WHERE (event_time, position) > (?, ?) AND event_time < ? ORDER BY event_time, position LIMIT 1 OFFSET ${step - 1}`,
      ),
      rest: db.prepare('SELECT count(*) AS events FROM event WHERE (event_time, position) > (?, ?) AND event_time < ?'),
      types: db.prepare(`SELECT ${counts} FROM event WHERE event_time >= ? AND event_time < ?`),
      forget: db.prepare(
        'UPDATE event SET event_time = NULL, event_type = NULL WHERE position BETWEEN ? AND ? AND event_time IS NOT NULL',
      ),
    };
  }

  page({ after, before, descending, limit, offset }: EventTimeQuery): EventRow[] {
    const { rising, falling } = this.#statements;
    return (descending ? falling : rising).all(after ?? EARLIEST, before ?? LATEST, limit, offset) as EventRow[];
  }

  /** One step: how many there are after a place and before a time, and where the next step goes on (null: that's all). */
  count(after: EventTimePlace, before: number | null): { events: number; next: EventTimePlace | null } {
    return this.#guard(() => {
      const range = [after.time, after.position, before ?? LATEST] as const;
      const end = this.#statements.stepEnd.get(...range) as PlaceRow | undefined;
      if (end !== undefined) return { events: this.#step, next: { time: end.event_time, position: end.position } };
      return { events: (this.#statements.rest.get(...range) as { events: number }).events, next: null };
    });
  }

  countTypes(from: number, to: number): Map<RunEventType, number> {
    return this.#guard(() => {
      const row = this.#statements.types.get(from, to) as Readonly<Record<RunEventType, number>>;
      return new Map(TYPES.map((type) => [type, row[type]] as const).filter(([, events]) => events > 0));
    });
  }

  /** The bodies of these positions went. */
  forget(first: number, last: number): void {
    this.#statements.forget.run(first, last);
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStorageError(error, this.#path);
    }
  }
}
