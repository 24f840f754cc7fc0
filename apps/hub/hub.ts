import type { Logger } from 'pino';
import type { Pipeline } from '#pipeline';
import { checkSettings, isLoopback } from './config/check-settings.ts';
import type { Settings } from './config/settings.ts';
import { StartupError } from './config/startup-error.ts';
import type { RoutePlugin, startHttpServer } from './http/http-server.ts';
import { createHubLogger, turnedAwayLines } from './hub-logger.ts';
import type { HubParts, Keeping } from './hub-parts.ts';
import { type Access, OPEN_ACCESS, openKeyedAccess } from './keys/access.ts';
import { openStorage } from './storage/choose-storage.ts';
import { orSay } from './storage/open-storage.ts';
import type { Open, Storage } from './storage/storage.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { readVersion } from './version.ts';

export interface RunningHub {
  /** Where it answers, base path included. */
  readonly address: string;
  readonly version: string;
  readonly keeping: Keeping;
  readonly keyed: boolean;
  /** The folder of the embedded files, or of a worker's. */
  readonly data: string;
  /** Takes no more requests, lets those under way end, applies what is durable, closes the files. Idempotent. */
  stop(): Promise<void>;
}

export interface HubOptions {
  /** What was odd about the settings. */
  readonly warnings?: readonly string[];
  readonly logger?: Logger;
}

/**
 * Builds the hub, bottom to top: event log, graph, pipeline, HTTP. Throws a StartupError when it can't, with
 * everything that was opened closed again.
 */
export async function startHub(settings: Settings, options: HubOptions = {}): Promise<RunningHub> {
  checkSettings(settings);
  const began = performance.now();
  const logger = options.logger ?? createHubLogger(settings);
  for (const warning of options.warnings ?? []) logger.warn(warning);
  const version = readVersion();

  // What is open, newest last; closed in the other direction.
  const open: Open = [];
  const closeAll = async (): Promise<void> => {
    for (const close of open.splice(0).reverse()) await close();
  };

  // Most of the start is loading Nest, Fastify and GraphQL: it goes on while the threads of the storage start.
  const loading = loadHttp();
  // A failure is heard where it is awaited; until then it must not end the process.
  loading.catch(() => undefined);

  try {
    const access = openAccess(settings, logger);
    open.push(() => access.stop());

    const storage = await openStorage(settings, logger, open);
    const { log, store, decisions, rulesTogether, servers, keeping } = storage;
    logger.info({ version, data: settings.data, ...keeping, config: settings.configFile }, 'storage is open');

    const pipeline = await startPipeline(settings, storage, logger);
    open.push(() => pipeline.stop());
    const { startRules } = await import('./rules/start-rules.ts');
    const rules = await startRules({
      settings,
      store,
      decisions,
      pipeline,
      clock: SYSTEM_CLOCK,
      logger,
      together: rulesTogether,
    });
    open.push(() => rules.stop());

    const parts: HubParts = {
      settings,
      log,
      store,
      pipeline,
      rules,
      servers,
      clock: SYSTEM_CLOCK,
      access,
      logger,
      version,
      keeping,
    };
    const { startHttpServer, plugins } = await loading;
    const http = await startHttpServer(parts, plugins);
    open.push(() => http.close(settings.stopWithin));

    logger.info(
      { address: http.address, role: settings.role, keys: access.keyed, ms: Math.round(performance.now() - began) },
      'ready',
    );
    let stopping: Promise<void> | null = null;
    return {
      address: http.address,
      version,
      keeping,
      keyed: access.keyed,
      data: settings.data,
      stop() {
        stopping ??= closeAll();
        return stopping;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function openAccess(settings: Settings, logger: Logger): Access {
  if (settings.keys === undefined) return OPEN_ACCESS;
  const access = openKeyedAccess(settings.keys, (message) =>
    logger.error({ file: settings.keys }, `the keys stay as they were: ${message}`),
  );
  if (access.count === 0 && !isLoopback(settings.host)) {
    throw new StartupError([
      `${settings.keys} holds no key, and ${settings.host} can be reached by other machines. Add one with "headwater keys add NAME --scopes ingest,read", or listen on 127.0.0.1.`,
    ]);
  }
  if (access.count === 0)
    logger.warn(
      { file: settings.keys },
      'the key file holds no key: nobody can ask anything until "headwater keys add" adds one',
    );
  return access;
}

async function startPipeline(settings: Settings, { log, store, together }: Storage, logger: Logger): Promise<Pipeline> {
  const { createPipeline } = await import('#pipeline');
  const pipeline = createPipeline({
    log,
    store,
    clock: SYSTEM_CLOCK,
    limits: {
      bodyBytes: settings.limits.body,
      decompressedBytes: settings.limits.decompressed,
      batchBytes: settings.limits.batchBody,
      batchEvents: settings.limits.batchEvents,
      retentionMs: settings.retention,
      drainMs: settings.stopWithin,
    },
    ...(together === null ? {} : { together }),
    onTurnedAway: turnedAwayLines(logger),
  });
  let told: string | null = null;
  pipeline.onState(({ state, reason }) => {
    // Reasons vary from one attempt to the next, and stand in /health/ready.
    if (state === told) return;
    told = state;
    if (state === 'retrying') logger.error({ state, reason }, 'events are accepted but not applied: trying again');
    else logger.info({ state }, 'pipeline');
  });
  await orSay(() => pipeline.start());
  const { head, backlog } = pipeline.status();
  logger.info({ head, backlog }, backlog === 0 ? 'the graph is up to date' : 'applying what was accepted before');
  return pipeline;
}

async function loadHttp(): Promise<{
  readonly startHttpServer: typeof startHttpServer;
  readonly plugins: readonly RoutePlugin[];
}> {
  const [server, { ROUTE_PLUGINS }] = await Promise.all([
    import('./http/http-server.ts'),
    import('./route-plugins.ts'),
  ]);
  return { startHttpServer: server.startHttpServer, plugins: ROUTE_PLUGINS };
}
