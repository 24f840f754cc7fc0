/** Redis and Neo4j, and whether what they hold belongs together. */
import type { Settings } from '../config/settings.ts';
import { neo4jOf } from '../storage/open-scaled.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

/** Ends of turns and what is in time go by several clocks: so much apart is seen. */
const APART_MS = 2_000;

export async function checkServers(settings: Settings): Promise<Finding[]> {
  const [redis, neo4j] = await Promise.all([redisOf(settings.redis.url ?? ''), neo4jFindings(settings)]);
  const { applied, log } = neo4j;
  const findings = [...redis.findings, ...neo4j.findings];
  if (redis.head === null || applied === null) return findings;
  if (log !== null && redis.log !== null && log !== redis.log) {
    const { otherLog } = await import('#graph');
    return [...findings, problem('graph', otherLog(log, redis.log))];
  }
  if (applied > redis.head) {
    return [
      ...findings,
      problem(
        'graph',
        `it is at position ${applied}, and the log on Redis ends at ${redis.head}: Redis lost events, or was restored from an older copy than Neo4j. Restore both from one time, Neo4j's the older; or empty Neo4j and the workers' folders, and what Redis has is folded anew`,
      ),
    ];
  }
  return [...findings, fine('graph', `${applied} of ${redis.head} positions are applied`)];
}

async function redisOf(url: string): Promise<{ head: number | null; log: string | null; findings: Finding[] }> {
  const { checkRedis, RedisEventLog } = await import('#queue');
  try {
    const { version, findings } = await checkRedis(url);
    const told = findings.map(({ severity, text }) => (severity === 'wrong' ? problem : warning)('Redis', `${text}.`));
    if (findings.some(({ severity }) => severity === 'wrong')) return { head: null, log: null, findings: told };
    const log = await RedisEventLog.open({ url, refusalsKept: 0, onError: () => undefined });
    try {
      return {
        head: await log.head(),
        log: log.id,
        findings: told.length > 0 ? told : [fine('Redis', `${version}: 201 means durable`)],
      };
    } finally {
      await log.close();
    }
  } catch (error) {
    return {
      head: null,
      log: null,
      findings: [problem('Redis', refusalOf(error instanceof Error ? error.message : String(error)))],
    };
  }
}

function refusalOf(said: string): string {
  if (/WRONGPASS|NOAUTH|invalid username-password/.test(said))
    return `${said}: put the user and the password into REDIS_URL (redis://USER:PASSWORD@HOST:PORT)`;
  if (/too new|newer|certificate/.test(said)) return said;
  return `${said.replace(/\.$/, '')}: start it, or correct REDIS_URL`;
}

async function neo4jFindings(
  settings: Settings,
): Promise<{ applied: number | null; log: string | null; findings: Finding[] }> {
  const { checkNeo4j } = await import('#graph');
  const { version, applied, log, aheadMs, findings } = await checkNeo4j({ ...neo4jOf(settings), retryFor: 2_000 });
  const told = findings.map(({ severity, text }) => (severity === 'wrong' ? problem : warning)('Neo4j', `${text}.`));
  if (aheadMs !== null && Math.abs(aheadMs) > APART_MS)
    told.push(
      warning(
        'clock',
        `Neo4j's clock is ${Math.abs(Math.round(aheadMs / 1000))} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's: set both (NTP).`,
      ),
    );
  const holds = applied === null ? 'it holds no graph yet' : 'its graph is whole';
  return { applied, log, findings: findings.length > 0 ? told : [fine('Neo4j', `${version}: ${holds}`), ...told] };
}
