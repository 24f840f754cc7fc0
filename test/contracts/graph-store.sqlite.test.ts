import { histories } from '../model/histories.ts';
import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { graphStoreContract } from './graph-store.ts';

// Many histories are tried in test/model on the same writer without its thread; here the thread is part of it.
graphStoreContract('SQLite', { make: sqliteGraphStore, histories: { runs: histories(1), length: 6 } });
