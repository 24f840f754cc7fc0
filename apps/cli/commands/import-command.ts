import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { openSource } from '../event-source.ts';
import { fileProblem } from '../file-problem.ts';
import { print } from './hub-options.ts';

interface ImportOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export function importCommand(): Command {
  return new Command('import')
    .description('put an export into an empty graph: a new data folder, or Neo4j where NEO4J_URI names one')
    .argument('<file>', 'what "headwater export" wrote, best "--with rows"; -: standard input')
    .option('--data <folder>', 'folder of the embedded files (HEADWATER_DATA)')
    .option('--json', 'the answer as JSON')
    .action(async (file: string, options: ImportOptions) => {
      const { importGraph, loadSettings } = await import('#hub');
      const { settings } = loadSettings({ flags: { data: options.data }, env: process.env, cwd: process.cwd() });
      try {
        const result = await importGraph(settings, linesOf(file));
        print(options.json === true ? JSON.stringify(result) : told(result));
        if (result.rows === 0) process.stderr.write(`${WITHOUT_ROWS}\n`);
      } catch (error) {
        throw fileProblem(error, file) ?? error;
      }
    });
}

/** Beside the answer, which may be JSON. */
const WITHOUT_ROWS =
  'The export has no rows: it is the same again, and what the lines leave open was chosen so that later events end nothing too early. "headwater export --with rows" makes it exact.';

function told({ lines, rows, into }: { readonly lines: number; readonly rows: number; readonly into: string }): string {
  const what = rows === 0 ? `${lines} lines of the graph` : `${lines} lines of the graph, with ${rows} rows,`;
  return `Imported ${what} into ${into}. Raw events and decisions stayed where they were.`;
}

/** Opened when the first line is asked for: what it says before anybody listens would be lost. */
async function* linesOf(file: string): AsyncIterable<string> {
  yield* createInterface({ input: openSource(file), crlfDelay: Number.POSITIVE_INFINITY });
}
