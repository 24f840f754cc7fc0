/** The embedded size: log, graph and decisions in files of one folder. */
import type { Logger } from 'pino';
import { REDUCTION_VERSION } from '#lineage';
import type { Settings } from '../config/settings.ts';
import { openDecisions, openLog, openStore } from './open-storage.ts';
import { keepReserve, withReserve } from './reserve.ts';
import type { Open, Storage } from './storage.ts';
import { type StoredVersions, storedVersions } from './stored-versions.ts';

/** @throws StartupError */
export async function openEmbedded(settings: Settings, logger: Logger, open: Open): Promise<Storage> {
  // The log first: it holds the lock on the data folder.
  const before = await storedVersions(settings.data);
  const onFull = (): void =>
    logger.warn(
      { data: settings.data },
      'the disk is full: started with the room that was set aside; reads are answered, events are taken when there is room',
    );
  // First opened, last closed: what the files gave back is set aside for the next start.
  open.push(() => keepReserve(settings.data));
  const log = await withReserve(settings.data, () => openLog(settings), onFull);
  open.push(() => log.close());
  const store = await withReserve(settings.data, () => openStore(settings), onFull);
  open.push(() => store.close());
  const decisions = await withReserve(settings.data, () => openDecisions(settings), onFull);
  open.push(() => decisions.close());
  keepReserve(settings.data);
  tellVersions(before, await storedVersions(settings.data), logger);
  return {
    log,
    store,
    decisions,
    together: null,
    rulesTogether: null,
    servers: null,
    keeping: {
      store: 'embedded (SQLite)',
      queue: 'embedded (SQLite)',
      durability: 'synced: 201 means that the event survives a crash of the machine',
    },
  };
}

/** What an upgrade of the program did to the files, or still asks for. */
function tellVersions(before: StoredVersions, after: StoredVersions, logger: Logger): void {
  for (const [file, from, to] of [
    ['events.db', before.eventsSchema, after.eventsSchema],
    ['graph.db', before.graphSchema, after.graphSchema],
  ] as const) {
    if (from !== null && from !== to) logger.info({ file, from, to }, 'the schema was upgraded');
  }
  if (after.reduction !== null && after.reduction !== REDUCTION_VERSION) {
    logger.warn(
      { graph: after.reduction, program: REDUCTION_VERSION },
      'the graph was reduced by another version of the rules: stop the hub and run "headwater replay" to have all of it by the same ones',
    );
  }
}
