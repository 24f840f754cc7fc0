import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventTimeIndex } from '#lineage';
import { SqliteEventLog } from '#queue';
import { scannedLog } from '../../apps/hub/marquez/event-time-index.ts';
import { type EventTimesUnderTest, eventTimeIndexContract } from './event-time-index.ts';

eventTimeIndexContract('SQLite', () => sqliteLog((log) => log));
// Whatever reads a log that keeps no event times answers the same.
eventTimeIndexContract('a scanned log', () => sqliteLog(scannedLog));

async function sqliteLog(indexOf: (log: SqliteEventLog) => EventTimeIndex): Promise<EventTimesUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-times-'));
  const open = async (): Promise<EventTimesUnderTest> => {
    const log = await SqliteEventLog.open({ directory });
    return {
      log,
      index: indexOf(log),
      reopen: async () => {
        await log.close();
        return open();
      },
      remove: async () => {
        await log.close();
        await rm(directory, { recursive: true });
      },
    };
  };
  return open();
}
