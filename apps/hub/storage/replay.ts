import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isScaled, type Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import { openLog, openStore } from './open-storage.ts';
import { putInPlace } from './put-in-place.ts';
import { storedVersions } from './stored-versions.ts';

const EMBEDDED_ONLY =
  "The graph in Neo4j is rebuilt by its workers: stop all hubs, empty the database (MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS), remove graph.db* from each worker's data folder, and start them: " +
  'they fold the events that Redis holds. What people said, what rules decided, and what retention took or an import brought is forgotten with it. Unset NEO4J_URI and REDIS_URL to rebuild the graph of a data folder.';
const EVENTS_AT_ONCE = 1_000;

export interface ReplayResult {
  readonly events: number;
  readonly changes: number;
  /** Events that could not be reduced. */
  readonly faults: readonly { readonly position: number; readonly reason: string }[];
}

export interface ReplayOptions {
  /** Rebuild although retention took events: what only they said is lost. */
  readonly force: boolean;
  readonly onProgress: (applied: number, head: number) => void;
}

/**
 * Builds the graph anew from the kept events, beside the old one, and then puts it in its place: a replay that is
 * broken off changes nothing. The lock of the event log keeps a running hub out.
 */
export async function replay(settings: Settings, { force, onProgress }: ReplayOptions): Promise<ReplayResult> {
  if (isScaled(settings)) throw new StartupError([EMBEDDED_ONLY]);
  if (!existsSync(join(settings.data, 'events.db')))
    throw new StartupError([`${settings.data} holds no data of a hub. Say with --data where it is.`]);
  const log = await openLog(settings);
  const folder = join(settings.data, 'replay');
  try {
    const head = await log.head();
    const [oldest] = await log.read(0, 1);
    if (head > 0 && oldest?.position !== 1 && !force) {
      throw new StartupError([
        `Retention took the events before position ${oldest?.position ?? head}. A graph that is rebuilt without them forgets what only they said. Say --force to do it all the same.`,
      ]);
    }
    if ((await storedVersions(settings.data)).imported && !force) {
      throw new StartupError([
        'The graph was imported, and the events that made it are elsewhere: one that is rebuilt from the kept events forgets it. Say --force to do it all the same.',
      ]);
    }
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    // What people said is beside the graph, and counts for the new one as for the old.
    const store = await openStore(settings, folder);
    let events = 0;
    let changes = 0;
    const faults: { position: number; reason: string }[] = [];
    try {
      for (let at = 0; ; ) {
        const batch = await log.read(at, EVENTS_AT_ONCE);
        const last = batch.at(-1);
        if (last === undefined) break;
        const result = await store.apply(batch);
        events += batch.length;
        changes += result.changes.length;
        for (const { position, reason } of result.faults) faults.push({ position, reason });
        at = last.position;
        onProgress(at, head);
      }
    } finally {
      await store.close();
    }
    await putInPlace(folder, settings.data);
    return { events, changes, faults };
  } finally {
    await log.close();
  }
}
