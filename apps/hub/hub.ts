import type { Logger } from 'pino';
import { type EventLog, type GraphStore, REDUCTION_VERSION } from '#lineage';
import type { Pipeline } from '#pipeline';
import { checkSettings, isLoopback } from './config/check-settings.ts';
import type { Settings } from './config/settings.ts';
import { StartupError } from './config/startup-error.ts';
import type { RoutePlugin, startHttpServer } from './http/http-server.ts';
import { createHubLogger } from './hub-logger.ts';
import type { HubParts, Keeping } from './hub-parts.ts';
import { type Access, OPEN_ACCESS, openKeyedAccess } from './keys/access.ts';
import { openDecisions, openLog, openStore, orSay } from './storage/open-storage.ts';
import { keepReserve, withReserve } from './storage/reserve.ts';
import { type StoredVersions, storedVersions } from './storage/stored-versions.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { readVersion } from './version.ts';

export interface RunningHub {
  /** Where it answers, base path included. */
  readonly address: string;
  readonly version: string;
  readonly keeping: Keeping;
  readonly keyed: boolean;
  /** The folder of the embedded files. */
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
  const open: (() => Promise<void> | void)[] = [];
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

    // The log first: it holds the lock on the data folder.
    const before = await storedVersions(settings.data);
    const onFull = (): void =>
      logger.warn(
        { data: settings.data },
        'the disk is full: started with the room that was set aside; reads are answered, events are taken when there is room',
      );
    // First opened, last closed: what the files gave back is set aside for the next start.
    open.push(() => keepReserve(settings.data));
    const log = await withReserve(settings.data, () => openLog(settings), onFull);
    open.push(() => log.close());
    const store = await withReserve(settings.data, () => openStore(settings), onFull);
    open.push(() => store.close());
    const decisions = await withReserve(settings.data, () => openDecisions(settings), onFull);
    open.push(() => decisions.close());
    keepReserve(settings.data);
    const keeping: Keeping = {
      store: 'embedded (SQLite)',
      queue: 'embedded (SQLite)',
      durability: 'synced: 201 means that the event survives a crash of the machine',
    };
    logger.info({ version, data: settings.data, ...keeping, config: settings.configFile }, 'storage is open');
    tellVersions(before, await storedVersions(settings.data), logger);

    const pipeline = await startPipeline(settings, log, store, logger);
    open.push(() => pipeline.stop());
    const { startRules } = await import('./rules/start-rules.ts');
    const rules = await startRules({ settings, store, decisions, pipeline, clock: SYSTEM_CLOCK, logger });
    open.push(() => rules.stop());

    const parts: HubParts = {
      settings,
      log,
      store,
      pipeline,
      rules,
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

/** What an upgrade of the program did to the files, or still asks for. */
function tellVersions(before: StoredVersions, after: StoredVersions, logger: Logger): void {
  for (const [file, from, to] of [
    ['events.db', before.eventsSchema, after.eventsSchema],
    ['graph.db', before.graphSchema, after.graphSchema],
  ] as const) {
    if (from !== null && from !== to) logger.info({ file, from, to }, 'the schema was upgraded');
  }
  if (after.reduction !== null && after.reduction !== REDUCTION_VERSION) {
    logger.warn(
      { graph: after.reduction, program: REDUCTION_VERSION },
      'the graph was reduced by another version of the rules: stop the hub and run "headwater replay" to have all of it by the same ones',
    );
  }
}

async function startPipeline(settings: Settings, log: EventLog, store: GraphStore, logger: Logger): Promise<Pipeline> {
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
  });
  pipeline.onState(({ state, reason }) => {
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
