import type { LoggedEvent } from '#lineage';
import type { Limits } from './limits.ts';

/**
 * Events that became durable here, until they are applied: the oldest ones, as far as there is room.
 *
 * By position, in a list: a Map that events come into and go out of is laid out anew time and again, and keeps a way from
 * each old table to the next, so that the collector takes the bodies in them for alive and copies every one.
 */
export class FreshEvents {
  readonly #limits: Pick<Limits, 'memoryEvents' | 'memoryBytes'>;
  readonly #events: LoggedEvent[] = [];
  #units = 0;

  constructor(limits: Pick<Limits, 'memoryEvents' | 'memoryBytes'>) {
    this.#limits = limits;
  }

  /** Out of order is fine. */
  offer(event: LoggedEvent): void {
    const { memoryEvents, memoryBytes } = this.#limits;
    if (this.#events.length >= memoryEvents || this.#units + event.body.length > memoryBytes) return;
    const place = this.#events.findLastIndex(({ position }) => position <= event.position);
    if (this.#events[place]?.position === event.position) return;
    this.#events.splice(place + 1, 0, event);
    this.#units += event.body.length;
  }

  /** From this position on without a gap, `most` events or as many UTF-16 units at most, but one at least; empty: it isn't here. */
  from(position: number, most: number, mostUnits: number): LoggedEvent[] {
    const found: LoggedEvent[] = [];
    let units = 0;
    for (const event of this.#events) {
      if (found.length === most || event.position !== position + found.length) break;
      units += event.body.length;
      if (found.length > 0 && units > mostUnits) break;
      found.push(event);
    }
    return found;
  }

  /** These are applied. */
  forget(upTo: number): void {
    const first = this.#events.findIndex(({ position }) => position > upTo);
    for (const { body } of this.#events.splice(0, first < 0 ? this.#events.length : first)) this.#units -= body.length;
  }
}
