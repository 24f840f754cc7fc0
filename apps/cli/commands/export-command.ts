import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Command } from 'commander';
import { fileProblem } from '../file-problem.ts';
import { clientOf, type HubOptions, hubCommand } from './hub-options.ts';

export function exportCommand(): Command {
  return hubCommand('export')
    .description('write the whole graph as sorted lines of JSON; equal events give equal bytes')
    .option(
      '--with <extra>',
      'mutations: also what people said; rows: then what an import needs; or both, with a comma',
    )
    .option('-o, --out <file>', 'write here and not to standard output')
    .action(async (options: HubOptions & { readonly with?: string; readonly out?: string }) => {
      const query = options.with === undefined ? '' : `?with=${encodeURIComponent(options.with)}`;
      const body = await clientOf(options).stream(`/api/v1/export${query}`);
      const source = Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
      const { out } = options;
      if (out === undefined) {
        // Standard output stays open: others may still write to it.
        await pipeline(source, process.stdout, { end: false });
        return;
      }
      try {
        await pipeline(source, createWriteStream(out));
      } catch (error) {
        throw fileProblem(error, out) ?? error;
      }
    });
}
