import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AcceptOutcome, BatchOutcome } from '#pipeline';
import type { HubParts } from '../hub-parts.ts';
import { HttpError } from './http-error.ts';
import { HUB_PARTS } from './tokens.ts';

const NOTHING = new Uint8Array(0);

/** The way in over HTTP. */
@Controller('api/v1/lineage')
export class IngestController {
  readonly #parts: HubParts;

  constructor(@Inject(HUB_PARTS) parts: HubParts) {
    this.#parts = parts;
  }

  @Post()
  @RouteConfig({ scope: 'ingest', body: 'event' })
  async event(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const outcome = await this.#parts.pipeline.accept(bodyOf(request), request.viewer);
    if (outcome.kind !== 'accepted') throw notTaken(outcome);
    reply.code(201).header('headwater-position', String(outcome.position));
    if (outcome.repeat) reply.header('headwater-repeat', 'true');
    reply.send();
  }

  @Post('batch')
  @RouteConfig({ scope: 'ingest', body: 'batch' })
  async batch(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const outcome = await this.#parts.pipeline.acceptBatch(bodyOf(request), request.viewer);
    if (outcome.kind !== 'all' && outcome.kind !== 'partial') throw notTaken(outcome);
    if (outcome.position !== null) reply.header('headwater-position', String(outcome.position));
    if (outcome.kind === 'all') {
      reply.code(204).send();
      return;
    }
    reply.code(200).send({ status: 'partial_success', summary: outcome.summary, failed_events: outcome.failed });
  }
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : NOTHING;
}

type NotTaken = Exclude<AcceptOutcome | BatchOutcome, { readonly kind: 'accepted' | 'all' | 'partial' }>;

function notTaken(outcome: NotTaken): HttpError {
  switch (outcome.kind) {
    case 'refused':
      return new HttpError(outcome.status, outcome.message, {
        errors: outcome.errors,
        headers: outcome.refusal === null ? {} : { 'headwater-refusal': outcome.refusal },
      });
    case 'busy':
      return new HttpError(
        429,
        `The hub has more events waiting than it may hold. Send this again after ${outcome.retryAfterSeconds} s; it was not taken.`,
        {
          headers: { 'retry-after': String(outcome.retryAfterSeconds) },
        },
      );
    case 'unavailable':
      return new HttpError(
        503,
        `The event could not be made durable (${outcome.reason}). Send it again; it was not taken.`,
        {
          headers: { 'retry-after': '5' },
        },
      );
    case 'forbidden':
      return new HttpError(403, outcome.reason);
  }
}
