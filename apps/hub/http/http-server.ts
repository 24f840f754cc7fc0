import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  fastify as createFastify,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { TurnedAway } from '#pipeline';
import { StartupError } from '../config/startup-error.ts';
import { turnedAwayLines } from '../hub-logger.ts';
import type { HubParts } from '../hub-parts.ts';
import { ANONYMOUS } from '../keys/access.ts';
import { AWAY_RETRY_AFTER, graphAwayMessage } from '../storage/graph-away.ts';
import { BodyTap } from './body-tap.ts';
import { ErrorFilter } from './error-filter.ts';
import { asHttpError, HttpError, sendHttpError } from './http-error.ts';
import { HubMetrics } from './hub-metrics.ts';
import { hubModule } from './hub-module.ts';
import { originProblem } from './origin-check.ts';
import { type BodyLimits, BodyMemory, readBody } from './read-body.ts';
import { waitForPosition } from './read-your-write.ts';
import { collectRoutes, type KnownRoute } from './routes.ts';
import { isWebSocketUpgrade, WebSocketOnlyRequest } from './websocket-only-request.ts';

/** Bodies of GraphQL and of the small writes. */
const JSON_BODY: BodyLimits = { wire: 1024 * 1024, decompressed: 1024 * 1024 };

/** A client that sends its request slower than this is cut off. */
const REQUEST_WITHIN_MS = 120_000;

const EXPOSED = 'Headwater-Position, Headwater-Repeat, Headwater-Refusal, Headwater-Applied, Retry-After';

/** Adds routes below the base path. A route that names no scope gets `read`. */
export type RoutePlugin = (fastify: FastifyInstance, parts: HubParts) => void | Promise<void>;

export interface HttpServer {
  /** `http://127.0.0.1:4600`, with the base path. */
  readonly address: string;
  /** Accepts no more, lets what is under way end, cuts off what hasn't after `withinMs`. */
  close(withinMs: number): Promise<void>;
}

/** Everything that answers HTTP, listening. */
export async function startHttpServer(parts: HubParts, plugins: readonly RoutePlugin[]): Promise<HttpServer> {
  const { app, fastify } = await createHttpApp(parts, plugins);
  const { settings } = parts;
  const sockets = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  try {
    await fastify.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    await app.close();
    throw listenProblem(error, settings.host, settings.port);
  }
  const { port } = fastify.server.address() as AddressInfo;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return {
    address: `http://${host}:${port}${settings.basePath}`,
    async close(withinMs) {
      // Not closeAllConnections(): it knows nothing of sockets that became WebSockets.
      const cutOff = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, withinMs);
      await app.close();
      clearTimeout(cutOff);
    },
  };
}

export interface HttpApp {
  readonly app: NestFastifyApplication;
  readonly fastify: FastifyInstance;
  readonly routes: readonly KnownRoute[];
}

/** The same without a socket, for tests that inject requests. */
export async function createHttpApp(parts: HubParts, plugins: readonly RoutePlugin[]): Promise<HttpApp> {
  const { settings, logger } = parts;
  const crowded = new TurnedAway(turnedAwayLines(logger));
  const memory = new BodyMemory(4 * Math.max(settings.limits.decompressed, settings.limits.batchBody));
  const metrics = new HubMetrics(parts, memory);
  const fastify: FastifyInstance = createFastify({
    // Fastify's own chatter is left out; what it warns of is not.
    loggerInstance: logger.child(
      {},
      { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level },
    ) as FastifyBaseLogger,
    // Metrics count requests; a line for each would cost more than the event.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: typeof settings.trustProxy === 'boolean' ? settings.trustProxy : [...settings.trustProxy],
    requestTimeout: REQUEST_WITHIN_MS,
    http: { IncomingMessage: WebSocketOnlyRequest },
    // A dataset's name in a path may be long; the default cuts at 100.
    // Marquez' web client asks for /search/, and Marquez answers.
    routerOptions: { maxParamLength: 8_192, ignoreTrailingSlash: true },
    // While stopping, what still arrives on open connections is served: it costs nobody an event.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerBrokenRequest(error.code, socket),
    frameworkErrors: (error, request, reply) => {
      sendHttpError(reply as FastifyReply, asHttpError(error, logger, request.id));
    },
  });
  const routes = collectRoutes(fastify);
  addGuards(fastify, parts);
  addBodyParsers(fastify, parts, memory, crowded);
  // Who keeps a connection for its next request would hold up the stop.
  let closing = false;
  fastify.addHook('preClose', async () => {
    closing = true;
    crowded.stop();
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
  fastify.addHook('onResponse', async (request, reply) => {
    metrics.observe(request, reply);
    // The HTTP server let go of this socket when it saw the upgrade; answered with a refusal, nobody would ever close it.
    if (isWebSocketUpgrade(request)) request.raw.socket.destroySoon();
  });

  const app = await NestFactory.create<NestFastifyApplication>(hubModule(parts, metrics), new FastifyAdapter(fastify), {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger, routes));
  if (settings.basePath !== '') app.setGlobalPrefix(settings.basePath);
  for (const plugin of plugins) {
    fastify.register(
      async (child) => {
        child.addHook('onRoute', (route) => {
          route.config = { scope: 'read', ...route.config };
        });
        await plugin(child, parts);
      },
      { prefix: settings.basePath },
    );
  }
  await app.init();
  await fastify.ready();
  const unscoped = routes.filter((route) => route.scope === undefined);
  if (unscoped.length > 0) {
    throw new StartupError(
      unscoped.map(
        ({ method, url }) => `${method} ${url} has no scope: give its route a config like { scope: 'read' }.`,
      ),
    );
  }
  return { app, fastify, routes };
}

/**
 * Host, origin, key and scope, before a byte of the body is read; then, for reads, the position that the caller waits
 * for. They answer themselves in place of throwing: a plugin may have an error handler of its own, with other shapes.
 */
function addGuards(fastify: FastifyInstance, parts: HubParts): void {
  const { settings, access, pipeline } = parts;
  const policy = { keyed: access.keyed, host: settings.host, cors: settings.cors };
  const graphqlPath = `${settings.basePath}/graphql`;
  fastify.decorateRequest('viewer');

  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    const { headers, method } = request;
    const upgrade = isWebSocketUpgrade(request);
    if (upgrade) reply.header('connection', 'close');
    const problem = originProblem(
      {
        method,
        host: headers.host,
        askedHost: request.host,
        origin: headers.origin,
        fetchSite: one(headers['sec-fetch-site']),
        upgrade,
      },
      policy,
    );
    if (problem !== null) return refuse(request, reply, new HttpError(403, problem));
    if (headers.origin !== undefined && settings.cors.includes(headers.origin)) {
      reply.headers({
        'access-control-allow-origin': headers.origin,
        vary: 'Origin',
        'access-control-expose-headers': EXPOSED,
      });
      if (method === 'OPTIONS' && headers['access-control-request-method'] !== undefined) {
        reply.headers({
          'access-control-allow-methods': 'GET, POST, PUT, DELETE',
          'access-control-allow-headers': 'Authorization, Content-Type, Content-Encoding, Headwater-After',
          'access-control-max-age': '600',
        });
        return reply.code(204).send();
      }
    }
    const scope = request.is404 ? 'read' : (request.routeOptions.config.scope ?? 'read');
    // A browser's WebSocket can't send headers: GraphQL asks for its key in the first message.
    const keyComesLater = upgrade && headers.authorization === undefined && request.routeOptions.url === graphqlPath;
    if (keyComesLater || (scope === 'open' && headers.authorization === undefined)) {
      request.viewer = ANONYMOUS;
      return;
    }
    const who = access.authenticate(headers.authorization);
    if (who.kind === 'denied') {
      return refuse(
        request,
        reply,
        new HttpError(401, who.message, { headers: { 'www-authenticate': 'Bearer realm="headwater"' } }),
      );
    }
    if (scope !== 'open' && !who.viewer.scopes.has(scope)) {
      const message = `The key "${who.viewer.name}" lacks the scope ${scope}. Make one that has it with "headwater keys add NAME --scopes ${scope}".`;
      return refuse(request, reply, new HttpError(403, message));
    }
    request.viewer = who.viewer;
  });

  fastify.addHook('preHandler', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === 'ingest') return;
    const problem = (scope === 'open' ? null : graphAway(parts)) ?? (await waitForPosition(request, pipeline));
    if (problem !== null) return refuse(request, reply, problem);
  });

  function refuse(request: FastifyRequest, reply: FastifyReply, error: HttpError): FastifyReply {
    // A GraphQL client looks for errors and their codes, whoever it is that refused.
    return sendHttpError(reply, error, request.routeOptions.url === graphqlPath);
  }
}

/** A read of a graph that isn't there would only fail later. */
function graphAway({ servers }: HubParts): HttpError | null {
  const away = servers?.states().find(({ name, state }) => name === 'neo4j' && state === 'down');
  if (away === undefined) return null;
  return new HttpError(503, graphAwayMessage(String(away.reason)), { headers: { 'retry-after': AWAY_RETRY_AFTER } });
}

/** One parser for every type: Fastify's own know no compression, and would have other error shapes. */
function addBodyParsers(fastify: FastifyInstance, parts: HubParts, memory: BodyMemory, crowded: TurnedAway): void {
  const { limits } = parts.settings;
  const bounds = {
    event: { wire: limits.body, decompressed: limits.decompressed },
    batch: { wire: limits.batchBody, decompressed: limits.batchBody },
    json: JSON_BODY,
  } as const;
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage): Promise<unknown> => {
    const kind = request.routeOptions.config.body ?? 'json';
    if (kind === 'json') return parseJson(await receive(request, payload, kind));
    const tap = new BodyTap(payload);
    try {
      return await receive(request, payload, kind);
    } catch (error) {
      throw await keptAsRefusal(error, tap, payload);
    }
  });

  function receive(request: FastifyRequest, payload: IncomingMessage, kind: keyof typeof bounds): Promise<Buffer> {
    const type = mediaType(request.headers['content-type']);
    const source = {
      payload,
      contentEncoding: request.headers['content-encoding'],
      contentLength: request.headers['content-length'],
      problem:
        type === 'application/json' || (kind !== 'json' && (type === '' || type.endsWith('+json')))
          ? null
          : new HttpError(415, `Content-Type "${type.slice(0, 100)}" is not taken here. Send application/json.`),
    };
    return readBody(source, bounds[kind], memory);
  }

  /** An event whose body can't be read is refused like any other. That there is no memory, or no client any more, is no refusal. */
  async function keptAsRefusal(error: unknown, tap: BodyTap, payload: IncomingMessage): Promise<unknown> {
    const gone = payload.destroyed && !payload.complete;
    if (!(error instanceof HttpError) || error.statusCode >= 500 || gone) return error;
    if (error.statusCode === 429) {
      crowded.note('busy', 'bodies that are being received take all the memory for them');
      return error;
    }
    const { statusCode: status, message, headers, errors } = error;
    const refusal = await parts.pipeline.refuse({ status, reason: message, ...tap.seen() });
    if (refusal === null) return error;
    return new HttpError(status, message, { errors, headers: { ...headers, 'headwater-refusal': refusal } });
  }
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw new HttpError(400, `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What isn't HTTP never becomes a request: its answer is written by hand, in the shape of all the others. */
function answerBrokenRequest(code: string | undefined, socket: Socket): void {
  // The client is gone: there is nobody to tell.
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'The headers are larger than 16 KB together. Send fewer or shorter ones.']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, `The request took longer than ${REQUEST_WITHIN_MS / 1_000} s to arrive. Send it again.`]
        : [400, `The request is not HTTP/1.1 as it should be (${code ?? 'an unknown fault'}).`];
  const body = JSON.stringify({ code: status, message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function listenProblem(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new StartupError([
        `Port ${port} of ${host} is taken: another hub may run there. Stop it, or choose another with --port (0: any free one).`,
      ]);
    case 'EACCES':
      return new StartupError([
        `Port ${port} of ${host} may not be used by this user. Choose one above 1023 with --port.`,
      ]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupError([
        `${host} is no address of this machine. Set HEADWATER_HOST to one that is, or to 127.0.0.1.`,
      ]);
    default:
      return error;
  }
}
