import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { graphReaderContract } from './graph-reader.ts';

graphReaderContract('SQLite', { make: sqliteGraphStore, histories: { runs: 2, length: 30 } });
