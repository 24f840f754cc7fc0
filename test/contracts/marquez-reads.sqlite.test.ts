import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteGraphStore } from '#graph';
import { LOCAL_VIEWER } from '#lineage';
import { offersMarquezReads } from '../../apps/hub/marquez/marquez-reads.ts';
import { marquezReadsContract } from './marquez-reads.ts';

const make = (scansApartFrom?: number) => async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-marquez-'));
  const store = await SqliteGraphStore.open(folder, scansApartFrom === undefined ? {} : { scansApartFrom });
  return {
    store,
    reader: () => {
      const reader = store.reader(LOCAL_VIEWER);
      if (!offersMarquezReads(reader)) throw new Error('the reader has none of this ability');
      return reader;
    },
    remove: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
};

marquezReadsContract('SQLite', make());
marquezReadsContract('SQLite, whole tables on another thread', make(0));
