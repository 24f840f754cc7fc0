import { GraphFile } from '#graph';
import type { AcceptedEvent } from '#lineage';
import { SqliteEventLog } from '#queue';
import { acceptedEvent } from './logged-event.ts';
import type { EventSource } from './workload.ts';

const BATCH = 500;

/** A data folder that a hub can start on: the first `count` events in log and graph, through the code that writes them there too. */
export async function buildData(folder: string, source: EventSource, count: number): Promise<{ events: number }> {
  const log = await SqliteEventLog.open({ directory: folder });
  const graph = new GraphFile(folder);
  try {
    for (let from = 0; from < count; from += BATCH) {
      const length = Math.min(BATCH, count - from);
      // Arrived just now: retention goes by arrival.
      const events = Array.from({ length }, (_, i): AcceptedEvent => acceptedEvent(source.text(from + i), Date.now()));
      const durable = log.append(events);
      graph.apply(
        events.map(({ hash, body, receivedAt }, i) => ({ hash, body, receivedAt, position: from + i + 1 })),
        source.timeOf(from + length),
      );
      await durable;
    }
    return { events: count };
  } finally {
    graph.close();
    await log.close();
  }
}
