import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { declaredExpectationsContract } from './declared-expectations.ts';

declaredExpectationsContract('SQLite', sqliteGraphStore);
