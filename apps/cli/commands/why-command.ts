import type { Command } from 'commander';
import { EDGE_QUERY, type EdgeShown, ENDS_QUERY, edgeAnswer, edgesAnswer, edgesOutOf, endsAnswer } from '../answers.ts';
import { CliError, unknownId } from '../cli-error.ts';
import type { HubClient } from '../hub-client.ts';
import { clientOf, type HubOptions, hubCommand, print } from './hub-options.ts';

export function whyCommand(): Command {
  return hubCommand('why')
    .description('show why an edge is there: who said so, when, and how sure it is')
    .argument(
      '<edge>',
      'the id of an edge (from lineage --json), or the dataset, job or datasetField that it comes from',
    )
    .argument('[to]', 'the node that it goes to')
    .action(async (edge: string, to: string | undefined, options: HubOptions) => {
      const client = clientOf(options);
      const ids = to === undefined ? [edge] : await edgesBetween(client, edge, to);
      const shown: EdgeShown[] = [];
      for (const id of ids) {
        const { edge: found } = edgeAnswer.parse(await client.query(EDGE_QUERY, { id }));
        if (found !== null) shown.push(found);
      }
      if (shown.length === 0)
        throw new CliError(to === undefined ? `There is no edge ${edge}.` : `There is no edge from ${edge} to ${to}.`);
      print(options.json === true ? JSON.stringify(shown) : shown.map(edgeText).join('\n\n'));
    });
}

async function edgesBetween(client: HubClient, from: string, to: string): Promise<string[]> {
  const ends = endsAnswer.parse(await client.query(ENDS_QUERY, { from, to }));
  if (ends.from === null) throw unknownId(from);
  if (ends.to === null) throw unknownId(to);
  // Either may have been an alias or another spelling: edges name their ends by the nodes' own ids.
  const [source, target] = [ends.from.id, ends.to.id];
  const { edges } = edgesAnswer.parse(await client.query(edgesOutOf(source), { of: [source] }));
  return edges.edges.filter((edge) => edge.from === source && edge.to === target).map((edge) => edge.id);
}

function edgeText(edge: EdgeShown): string {
  const lines = [
    `${edge.from} → ${edge.to}`,
    `  ${edge.kind ?? 'COLUMN'}, ${edge.confidence.toLowerCase()}, ${edge.current ? 'holds now' : 'holds no more'}`,
    ...(edge.job === undefined || edge.job === null ? [] : [`  by ${edge.job}`]),
    ...edge.intervals.map((each) => `  from ${each.from} ${each.to === null ? 'on' : `to ${each.to}`}`),
  ];
  for (const each of edge.evidence) {
    lines.push(
      `  ${each.source}: ${each.how.toLowerCase()}, ${each.confidence.toLowerCase()}, first ${each.firstSeen}, last ${each.lastSeen}`,
    );
    if (each.event !== null)
      lines.push(
        `    event ${each.event.id} (${each.event.type ?? 'no type'} of ${each.event.eventTime}, ${each.event.producer})`,
      );
    if (each.sql !== null) lines.push(...each.sql.split('\n').map((line) => `    ${line}`));
  }
  for (const { alias, into, by, at, reason } of edge.merges)
    lines.push(`  ${alias} is ${into}: ${by} said so ${at}${reason === null ? '' : ` (${reason})`}`);
  return lines.join('\n');
}
