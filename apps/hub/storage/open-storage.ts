import type { EventLog, GraphStore } from '#lineage';
import type { Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';

/** The embedded event log. It locks the data folder: a second hub is refused here. */
export async function openLog(settings: Settings): Promise<EventLog> {
  const { SqliteEventLog } = await import('#queue');
  return orSay(() => SqliteEventLog.open({ directory: settings.data, refusalsKept: settings.limits.refusals }));
}

/** The embedded graph, in the folder of the data or of a rebuild. */
export async function openStore(settings: Settings, folder: string = settings.data): Promise<GraphStore> {
  const { SqliteGraphStore } = await import('#graph');
  return orSay(() => SqliteGraphStore.open(folder));
}

/** What a disk can do wrong says itself what to do; a stack would only hide it. */
async function orSay<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error && error.name === 'StorageError') throw new StartupError([error.message]);
    throw error;
  }
}
