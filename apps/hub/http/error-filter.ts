import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { asHttpError, HttpError, sendHttpError } from './http-error.ts';
import { type KnownRoute, methodsAt } from './routes.ts';

/** The last stop of every error of every route, hook and body parser. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #routes: readonly KnownRoute[];

  constructor(logger: Logger, routes: readonly KnownRoute[]) {
    this.#logger = logger;
    this.#routes = routes;
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    // The answer is under way (a stream that broke): all that can be done is to end it, and that has been done.
    if (reply.sent) {
      this.#logger.error({ err: thrown, request: request.id }, 'an error came after its answer had begun');
      return;
    }
    sendHttpError(reply, request.is404 ? this.#notFound(request) : asHttpError(thrown, this.#logger, request.id));
  }

  #notFound(request: FastifyRequest): HttpError {
    const path = request.url.split('?')[0] ?? '';
    const allowed = methodsAt(this.#routes, path);
    const shown = `${request.method} ${path.slice(0, 200)}`;
    if (allowed.length > 0) {
      return new HttpError(405, `HTTP 405 Method Not Allowed: ${shown}. Use ${allowed.join(' or ')}.`, {
        headers: { allow: allowed.join(', ') },
      });
    }
    return new HttpError(
      404,
      `HTTP 404 Not Found: there is nothing at ${shown}. /api/v1/openapi.json lists what there is.`,
    );
  }
}
