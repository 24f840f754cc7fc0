/** A log for workers of one test: they read what was appended, by position. */
import type { LoggedEvent } from '#lineage';

export class ReadLog {
  readonly events: LoggedEvent[] = [];

  append(...events: readonly LoggedEvent[]): void {
    for (const event of events) if (event.position > (this.events.at(-1)?.position ?? 0)) this.events.push(event);
  }

  async read(after: number, limit: number): Promise<readonly LoggedEvent[]> {
    return this.events.filter(({ position }) => position > after).slice(0, limit);
  }
}
