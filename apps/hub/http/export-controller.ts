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
/** What an api process of the scaled size can't give. */
const REFUSALS = new Set(['GraphReadOnly', 'MergesHold']);

@Controller('api/v1/export')
export class ExportController {
  readonly #parts: HubParts;

  constructor(@Inject(HUB_PARTS) parts: HubParts) {
    this.#parts = parts;
  }

  /** `with=mutations` adds a line for each thing that people said; the other lines are the same. `with=rows`: then what an import needs. */
  @Get()
  @RouteConfig({ scope: 'read' })
  async export(@Res() reply: FastifyReply, @Query('with') extra: string | readonly string[] = []): Promise<void> {
    // Given twice, it comes as a list.
    const extras = [extra].flat().flatMap((each) => each.split(','));
    const odd = extras.find((each) => each !== 'mutations' && each !== 'rows');
    if (odd !== undefined)
      throw new HttpError(400, `query param with must be "mutations", "rows" or both, not "${odd.slice(0, 100)}"`);
    const lines = await this.#begin({ mutations: extras.includes('mutations'), rows: extras.includes('rows') });
    // A stream of the generator: the store is asked for more only when the client has taken what there was, and is
    // told to stop (the generator's return) when the client goes away.
    const stream = Readable.from(pieces(lines), { objectMode: false });
    stream.on('error', (error) =>
      this.#parts.logger.error({ err: error }, 'the export broke off; its client sees the connection end'),
    );
    // Begun here: a generator that never ran has no end that tells the store, were the client gone by now.
    stream.read(0);
    reply.type('application/x-ndjson; charset=utf-8').send(stream);
  }

  /**
   * Its first line is there before the answer begins: a 200 can't be taken back.
   * @throws HttpError where this process can't give what is asked for
   */
  async #begin(options: ExportOptions): Promise<AsyncIterable<string>> {
    try {
      const lines = this.#parts.store.export(options)[Symbol.asyncIterator]();
      const first = await lines.next();
      return { [Symbol.asyncIterator]: () => after(first, lines) };
    } catch (error) {
      if (error instanceof Error && REFUSALS.has(error.name)) throw new HttpError(409, error.message);
      throw error;
    }
  }
}

async function* after(first: IteratorResult<string>, lines: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let line = first; line.done !== true; line = await lines.next()) yield line.value;
  } finally {
    await lines.return?.();
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
