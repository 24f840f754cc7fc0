import { DEFAULT_FLOW_LIMITS, type EventLog, type FlowLimits, type GraphStore } from '#lineage';
import type { DecisionStore } from '#rules';
import type { Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';

/** The embedded event log. It locks the data folder: a second hub is refused here. */
export async function openLog(settings: Settings): Promise<EventLog> {
  const { SqliteEventLog } = await import('#queue');
  return orSay(() => SqliteEventLog.open({ directory: settings.data, refusalsKept: settings.limits.refusals }));
}

/** The embedded graph, in the folder of the data or of a rebuild. */
export async function openStore(settings: Settings, folder: string = settings.data): Promise<GraphStore> {
  const { SqliteGraphStore } = await import('#graph');
  return orSay(() =>
    SqliteGraphStore.open(folder, {
      limits: limitsOf(settings),
      aliases: settings.aliases,
      people: settings.data,
    }),
  );
}

export function limitsOf({ flow }: Settings): FlowLimits {
  const { records = DEFAULT_FLOW_LIMITS.records, seconds = DEFAULT_FLOW_LIMITS.seconds } = flow;
  return { ...DEFAULT_FLOW_LIMITS, records, seconds };
}

export async function openDecisions(settings: Settings): Promise<DecisionStore> {
  const { SqliteDecisionStore } = await import('#decisions');
  return orSay(() => SqliteDecisionStore.open(settings.data));
}

/** Errors of the embedded files that are no defects; the store's thread hands on names, not classes. */
const SAYS_ITSELF = new Set([
  'StorageError',
  'NewerSchema',
  'StorageFull',
  'StorageFailed',
  'StoreAheadOfLog',
  'BadAlias',
  'BadExport',
  // Of the scaled size.
  'NewerNeo4jSchema',
  'OtherLog',
  'CannotFollow',
  'GraphNotEmpty',
  'CommitOvertaken',
]);

const neo4jRemedy = (said: string): string =>
  /certificate/i.test(said)
    ? 'Give the file of the authority that signed it to Node (NODE_EXTRA_CA_CERTS), or take any certificate with bolt+ssc:// or neo4j+ssc://.'
    : 'Start Neo4j, or name it with NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD.';

/** What a disk can do wrong says itself what to do; a stack would only hide it. */
export async function orSay<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error && SAYS_ITSELF.has(error.name)) throw new StartupError([error.message]);
    if (error instanceof Error && error.name === 'Neo4jError')
      throw new StartupError([`NEO4J_URI: ${error.message} ${neo4jRemedy(error.message)}`]);
    throw error;
  }
}
