/** The flags of `serve`, by the setting that each holds. A test holds them against the hub's settings. */
export const SERVE_FLAGS: readonly { readonly path: string; readonly flag: string; readonly says: string }[] = [
  { path: 'host', flag: '--host <address>', says: 'address to listen on; another than a loopback one needs keys' },
  { path: 'port', flag: '--port <number>', says: 'port to listen on; 0: any free one' },
  { path: 'data', flag: '--data <folder>', says: 'folder of the embedded files' },
  { path: 'keys', flag: '--keys <file>', says: 'file of hashed keys' },
  { path: 'role', flag: '--role <role>', says: 'all, api or worker' },
  { path: 'rules', flag: '--rules <folder>', says: 'folder of rule files' },
  {
    path: 'outgoingAllow',
    flag: '--outgoing-allow <list>',
    says: 'private hosts and CIDRs that may be called, comma-separated',
  },
  { path: 'retention', flag: '--retention <duration>', says: 'how long raw events are kept: 90d' },
  { path: 'logLevel', flag: '--log-level <level>', says: 'fatal, error, warn, info, debug, trace or silent' },
  { path: 'basePath', flag: '--base-path <path>', says: 'where a proxy serves the hub: /headwater' },
  {
    path: 'trustProxy',
    flag: '--trust-proxy <yes|addresses>',
    says: 'believe X-Forwarded-* of all, or of these addresses',
  },
  { path: 'cors', flag: '--cors <origins>', says: 'origins whose pages may call the hub, comma-separated' },
  { path: 'stopWithin', flag: '--stop-within <duration>', says: 'how long a stop waits for what is under way' },
  { path: 'limits.body', flag: '--limits-body <size>', says: 'largest body as sent' },
  { path: 'limits.decompressed', flag: '--limits-decompressed <size>', says: 'largest body after decompression' },
  { path: 'limits.batchEvents', flag: '--limits-batch-events <number>', says: 'most events in a batch' },
  { path: 'limits.batchBody', flag: '--limits-batch-body <size>', says: 'largest body of a batch' },
  { path: 'limits.refusals', flag: '--limits-refusals <number>', says: 'refused events that are kept' },
  { path: 'flow.records', flag: '--flow-records <number>', says: 'records behind that make a job LAGGING' },
  { path: 'flow.seconds', flag: '--flow-seconds <number>', says: 'seconds behind that make a job LAGGING' },
  { path: 'neo4j.uri', flag: '--neo4j-uri <uri>', says: 'the graph lives in Neo4j' },
  { path: 'neo4j.user', flag: '--neo4j-user <name>', says: 'user of Neo4j' },
  { path: 'neo4j.database', flag: '--neo4j-database <name>', says: 'database of Neo4j' },
  { path: 'redis.url', flag: '--redis-url <url>', says: 'the queue lives in Redis' },
];

/** `--limits-batch-body <size>` is `limitsBatchBody` in commander's answer. */
export function optionName(flag: string): string {
  return (flag.split(' ')[0] ?? '')
    .replace(/^--/, '')
    .replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
