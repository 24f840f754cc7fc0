import { sqliteGraphStore } from '../sqlite-graph-store.ts';
import { assetMergesContract } from './asset-merges.ts';

assetMergesContract('SQLite', sqliteGraphStore);
