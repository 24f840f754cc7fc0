import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { remarksContract } from './remarks.ts';

remarksContract('SQLite', sqliteGraphStore);
