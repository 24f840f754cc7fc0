/**
 * The scaled size: the log on Redis, graph and decisions in Neo4j, any number of processes.
 *
 * ```
 * api ──┐  accept, answer                    all, worker: that too, apply, decide in turn, deliver
 *       ├─▶ Redis: log, signals, lanes ──▶ worker: its own graph.db ──▶ Neo4j ──▶ read by all
 * api ──┘
 * ```
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Neo4jOptions } from '#graph';
import type { EventLog, GraphStore } from '#lineage';
import type { RedisCheckup } from '#queue';
import type { Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import type { Keeping } from '../hub-parts.ts';
import { lockFolder } from './lock-folder.ts';
import { limitsOf, orSay } from './open-storage.ts';
import { ServerWatch } from './server-watch.ts';
import type { Open, Storage } from './storage.ts';

/** What the driver tries by itself; whoever applies tries again for ever, whoever reads would rather be told. */
const RETRY_FOR_MS = 5_000;

/** @throws StartupError */
export async function openScaled(settings: Settings, logger: Logger, open: Open): Promise<Storage> {
  const url = settings.redis.url ?? '';
  const { BullmqJobQueue, checkRedis, RedisEventLog, RedisSignals } = await import('#queue');
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'a connection to Redis');

  const keeping = keepingOf(await orSay(() => checkRedis(url)), logger);
  const log = await orSay(() => RedisEventLog.open({ url, refusalsKept: settings.limits.refusals, onError }));
  open.push(() => log.close());
  const signals = await orSay(() => RedisSignals.open({ url, onError }));
  open.push(() => signals.close());
  const store = await openGraph(settings, log, open);
  open.push(() => store.close());
  const { Neo4jDecisionStore } = await import('#decisions');
  const decisions = await orSay(() =>
    Neo4jDecisionStore.open({ neo4j: { ...neo4jOf(settings), retryFor: RETRY_FOR_MS } }),
  );
  open.push(() => decisions.close());
  const queue = await orSay(() => BullmqJobQueue.open({ url, onError }));
  open.push(() => queue.close());
  const servers = new ServerWatch({
    asks: { redis: () => Promise.all([log.head(), log.writable()]), neo4j: () => store.applied() },
    onChange({ name, state, reason }) {
      if (state === 'down') logger.error({ server: name, reason }, 'a server is away: trying again');
      else logger.info({ server: name }, 'a server is back');
    },
  });
  open.push(() => servers.stop());
  servers.start();
  const works = settings.role !== 'api';
  return {
    log,
    store,
    decisions,
    together: { signals, applies: works },
    rulesTogether: { signals, queue, works },
    servers,
    keeping,
  };
}

async function openGraph(settings: Settings, log: EventLog & { readonly id: string }, open: Open): Promise<GraphStore> {
  const { Neo4jGraphStore } = await import('#graph');
  const neo4j = { ...neo4jOf(settings), retryFor: RETRY_FOR_MS };
  const limits = limitsOf(settings);
  const ofLog = log.id;
  if (settings.role === 'api') return orSay(() => Neo4jGraphStore.open({ neo4j, ofLog, limits }));
  const folder = await workerFolder(settings.data, open);
  return orSay(() =>
    Neo4jGraphStore.open({ neo4j, ofLog, limits, worker: { folder, log, aliases: settings.aliases } }),
  );
}

export function neo4jOf({ neo4j: { uri = '', user, password, database } }: Settings): Neo4jOptions {
  return {
    uri,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
  };
}

/** A worker's file is its own: two on one folder would overwrite each other. */
async function workerFolder(folder: string, open: Open): Promise<string> {
  if (existsSync(join(folder, 'events.db'))) {
    throw new StartupError([
      `${folder} holds the data of a hub without NEO4J_URI and REDIS_URL. Give this worker a folder of its own (HEADWATER_DATA).`,
    ]);
  }
  const { makeFolder } = await import('#queue');
  await orSay(async () => makeFolder(folder));
  const unlock = await lockFolder(folder);
  open.push(unlock);
  return folder;
}

function keepingOf({ version, findings }: RedisCheckup, logger: Logger): Keeping {
  const wrong = findings.filter(({ severity }) => severity === 'wrong');
  if (wrong.length > 0) throw new StartupError(wrong.map(({ text }) => `REDIS_URL: ${text}.`));
  for (const { text } of findings) logger.warn({ reason: text }, '201 promises less than it should');
  return {
    store: 'Neo4j',
    queue: `Redis ${version}`,
    durability:
      findings.length === 0
        ? 'synced: 201 means that Redis has the event on its disk'
        : `weak: an event that was answered 201 may be lost. ${findings.map(({ text }) => text).join('. ')}`,
  };
}
