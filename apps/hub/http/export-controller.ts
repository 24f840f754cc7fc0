import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { ExportOptions } from '#lineage';
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

  /** `with=mutations` adds a line for each thing that people said; the other lines are the same. `with=rows`: then what an import needs. */
  @Get()
  @RouteConfig({ scope: 'read' })
  export(@Res() reply: FastifyReply, @Query('with') extra: string | readonly string[] = []): void {
    // Given twice, it comes as a list.
    const extras = [extra].flat().flatMap((each) => each.split(','));
    const odd = extras.find((each) => each !== 'mutations' && each !== 'rows');
    if (odd !== undefined)
      throw new HttpError(400, `query param with must be "mutations", "rows" or both, not "${odd.slice(0, 100)}"`);
    // A stream of the generator: the store is asked for more only when the client has taken what there was, and is
    // told to stop (the generator's return) when the client goes away.
    const lines = this.#lines({ mutations: extras.includes('mutations'), rows: extras.includes('rows') });
    const stream = Readable.from(pieces(lines), {
      objectMode: false,
    });
    stream.on('error', (error) =>
      this.#parts.logger.error({ err: error }, 'the export broke off; its client sees the connection end'),
    );
    reply.type('application/x-ndjson; charset=utf-8').send(stream);
  }

  /** @throws HttpError where this process can't give what is asked for */
  #lines(options: ExportOptions): AsyncIterable<string> {
    try {
      return this.#parts.store.export(options);
    } catch (error) {
      if (error instanceof Error && error.name === 'GraphReadOnly') throw new HttpError(409, error.message);
      throw error;
    }
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
