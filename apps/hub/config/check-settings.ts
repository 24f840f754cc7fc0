import { isScaled, type Settings } from './settings.ts';
import { StartupError } from './startup-error.ts';

const LOOPBACK_NAMES = new Set(['localhost', '::1', '[::1]']);

/** An address or name that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return (
    LOOPBACK_NAMES.has(name) ||
    name.endsWith('.localhost') ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    /^(\[?::ffff:127(\.\d{1,3}){3}\]?)$/.test(name)
  );
}

/** What each setting allows by itself but the whole doesn't. Throws with every reason. */
export function checkSettings(settings: Settings): void {
  const problems: string[] = [];
  if (settings.neo4j.uri !== undefined && settings.redis.url === undefined) {
    problems.push(
      'NEO4J_URI is set, and REDIS_URL is not: the graph in Neo4j wants its events on Redis. Set both, or unset NEO4J_URI to run on files.',
    );
  }
  if (settings.redis.url !== undefined && settings.neo4j.uri === undefined) {
    problems.push(
      'REDIS_URL is set, and NEO4J_URI is not: events on Redis want their graph in Neo4j. Set both, or unset REDIS_URL to run on files.',
    );
  }
  if (settings.role !== 'all' && !isScaled(settings)) {
    problems.push(
      `HEADWATER_ROLE is ${settings.role}, but the embedded queue and store are files that one process holds: a second process can't share them. Run one process with the role all, or set NEO4J_URI and REDIS_URL.`,
    );
  }
  if (settings.keys === undefined && !isLoopback(settings.host)) {
    problems.push(
      `HEADWATER_HOST is ${settings.host}, where other machines could reach the hub, and there are no keys. Make one with "headwater keys add NAME --scopes ingest,read --file FILE" and set HEADWATER_KEYS to that file, or listen on 127.0.0.1.`,
    );
  }
  if (settings.limits.decompressed < settings.limits.body) {
    problems.push(
      'limits.decompressed is smaller than limits.body: a body that is allowed could never be read. Raise it.',
    );
  }
  if (problems.length > 0) throw new StartupError(problems);
}
