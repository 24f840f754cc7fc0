import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { HubParts } from '../hub-parts.ts';
import { HttpError } from './http-error.ts';
import { HUB_PARTS } from './tokens.ts';

/** Lines are sent in pieces of about this many characters: one write a line would cost more than making it. */
const PIECE = 64 * 1024;

@Controller('api/v1/export')
export class ExportController {
  readonly #parts: HubParts;

  constructor(@Inject(HUB_PARTS) parts: HubParts) {
    this.#parts = parts;
  }

  /** `with=mutations` adds a line for each thing that people said; the other lines are the same. */
  @Get()
  @RouteConfig({ scope: 'read' })
  export(@Res() reply: FastifyReply, @Query('with') extra?: string): void {
    if (extra !== undefined && extra !== 'mutations') {
      throw new HttpError(400, `query param with must be "mutations" or left out, not "${extra.slice(0, 100)}"`);
    }
    // A stream of the generator: the store is asked for more only when the client has taken what there was, and is
    // told to stop (the generator's return) when the client goes away.
    const stream = Readable.from(pieces(this.#parts.store.export({ mutations: extra === 'mutations' })), {
      objectMode: false,
    });
    stream.on('error', (error) =>
      this.#parts.logger.error({ err: error }, 'the export broke off; its client sees the connection end'),
    );
    reply.type('application/x-ndjson; charset=utf-8').send(stream);
  }
}

async function* pieces(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held = '';
  for await (const line of lines) {
    held += `${line}\n`;
    if (held.length < PIECE) continue;
    yield Buffer.from(held);
    held = '';
  }
  if (held !== '') yield Buffer.from(held);
}
