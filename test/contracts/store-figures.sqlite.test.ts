import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { storeFiguresContract } from './store-figures.ts';

storeFiguresContract('SQLite', sqliteGraphStore);
