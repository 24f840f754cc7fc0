import { histories } from '../model/histories.ts';
import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { graphReaderContract } from './graph-reader.ts';

graphReaderContract('SQLite', { make: sqliteGraphStore, histories: { runs: histories(1), length: 30 } });
