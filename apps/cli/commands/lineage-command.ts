import type { Command } from 'commander';
import { LINEAGE_QUERY, lineageAnswer } from '../answers.ts';
import { CliError, unknownId } from '../cli-error.ts';
import { lineageText } from '../lineage-text.ts';
import { clientOf, type HubOptions, hubCommand, print } from './hub-options.ts';

interface LineageOptions extends HubOptions {
  readonly direction: string;
  readonly depth: string;
  readonly limit: string;
  readonly asOf?: string;
}

const DIRECTIONS = ['upstream', 'downstream', 'both'];

export function lineageCommand(): Command {
  return hubCommand('lineage')
    .description('show what a dataset or job comes from and leads to')
    .argument('<id>', 'dataset:NAMESPACE:NAME or job:NAMESPACE:NAME')
    .option('--direction <way>', DIRECTIONS.join(', '), 'both')
    .option('--depth <edges>', 'how far: dataset to job is one', '5')
    .option('--limit <nodes>', 'most nodes in the answer', '500')
    .option('--as-of <time>', 'as it was then: 2026-01-31 or 2026-01-31T12:00:00Z')
    .action(async (id: string, options: LineageOptions) => {
      const data = await clientOf(options).query(LINEAGE_QUERY, {
        of: [id],
        direction: direction(options.direction),
        depth: wholeNumber('--depth', options.depth),
        limit: wholeNumber('--limit', options.limit),
        asOf: options.asOf === undefined ? null : time(options.asOf),
      });
      if (options.json === true) {
        print(JSON.stringify(data));
        return;
      }
      const { lineage } = lineageAnswer.parse(data);
      if (lineage.unknown.length > 0 || lineage.nodes.length === 0) throw unknownId(id);
      // The id asked for may be an alias; the answer's first node is what it stands for unless the id itself is there.
      const root = lineage.nodes.find((node) => node.id === id)?.id ?? lineage.nodes[0]?.id ?? id;
      print(lineageText({ root, edges: lineage.edges, cut: lineage.cut }));
    });
}

function direction(text: string): string {
  if (!DIRECTIONS.includes(text.toLowerCase()))
    throw new CliError(`--direction must be one of ${DIRECTIONS.join(', ')}, not "${text}".`, 2);
  return text.toUpperCase();
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new CliError(`${flag} must be a whole number, not "${text}".`, 2);
  return Number(text);
}

function time(text: string): string {
  const parsed = new Date(text);
  if (Number.isNaN(parsed.getTime()))
    throw new CliError(`--as-of must be a time like 2026-01-31T12:00:00Z, not "${text}".`, 2);
  return parsed.toISOString();
}
