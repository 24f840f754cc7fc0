import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { openSource, readEvents, type SourceEvent } from '../event-source.ts';
import { type HubAnswer, type HubClient, isRecord, messageOf, parse } from '../hub-client.ts';
import { clientOf, type HubOptions, hubCommand, print } from './hub-options.ts';

/** Well below the hub's limits for a batch, so that one answer comes soon. */
const BATCH_EVENTS = 500;
const BATCH_CHARACTERS = 8 * 1024 * 1024;

interface Sent {
  events: number;
  accepted: number;
  refused: { where: string; reason: string }[];
  position: string | null;
}

export function sendCommand(): Command {
  return hubCommand('send')
    .description('send OpenLineage events from a file, or from standard input')
    .argument('<file>', 'lines of JSON, one JSON object or an array of them; - is standard input')
    .action(async (file: string, options: HubOptions) => {
      const client = clientOf(options);
      const sent: Sent = { events: 0, accepted: 0, refused: [], position: null };
      try {
        for await (const batch of batches(readEvents(openSource(file)))) await sendBatch(client, batch, sent);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
          throw new CliError(`There is no file ${file}.`, 2);
        if (sent.events > 0) report(sent, options.json === true);
        throw error;
      }
      report(sent, options.json === true);
      if (sent.refused.length > 0) process.exitCode = 1;
    });
}

async function* batches(events: AsyncIterable<SourceEvent>): AsyncGenerator<SourceEvent[]> {
  let batch: SourceEvent[] = [];
  let size = 0;
  for await (const event of events) {
    // A broken one goes alone: the hub keeps it among its refusals, and the others aren't hurt.
    if (!event.parses) {
      if (batch.length > 0) yield batch;
      batch = [];
      size = 0;
      yield [event];
      continue;
    }
    if (batch.length === BATCH_EVENTS || (batch.length > 0 && size + event.text.length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(event);
    size += event.text.length;
  }
  if (batch.length > 0) yield batch;
}

async function sendBatch(client: HubClient, batch: readonly SourceEvent[], sent: Sent): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  if (batch.length === 1) {
    const answer = await client.send('/api/v1/lineage', first.text);
    sent.events++;
    if (answer.status === 201) accept(sent, 1, answer);
    else sent.refused.push({ where: first.where, reason: refusal(client, answer) });
    return;
  }
  const answer = await client.send('/api/v1/lineage/batch', `[${batch.map((event) => event.text).join(',')}]`);
  if (answer.status !== 200 && answer.status !== 204)
    throw new CliError(`${client.url} answered ${answer.status}: ${messageOf(parse(answer.text))}`);
  sent.events += batch.length;
  const failed = answer.status === 204 ? [] : failures(parse(answer.text));
  for (const { index, reason } of failed)
    sent.refused.push({ where: batch[index]?.where ?? `event ${index + 1} of a batch`, reason });
  accept(sent, batch.length - failed.length, answer);
}

function accept(sent: Sent, events: number, answer: HubAnswer): void {
  sent.accepted += events;
  const position = answer.headers.get('headwater-position');
  if (position !== null && Number(position) >= Number(sent.position ?? 0)) sent.position = position;
}

/** Only a 4xx that names the event is about the event; anything else ends the command. */
function refusal(client: HubClient, answer: HubAnswer): string {
  const reason = messageOf(parse(answer.text));
  if ([400, 413, 422].includes(answer.status)) return reason;
  throw new CliError(`${client.url} answered ${answer.status}: ${reason}`);
}

function failures(answer: unknown): { index: number; reason: string }[] {
  const failed = isRecord(answer) && Array.isArray(answer.failed_events) ? answer.failed_events : [];
  return failed.filter(isRecord).map((each) => ({ index: Number(each.index), reason: String(each.reason) }));
}

function report(sent: Sent, asJson: boolean): void {
  if (asJson) {
    print(JSON.stringify(sent));
    return;
  }
  const events = `${sent.events} ${sent.events === 1 ? 'event' : 'events'}`;
  print(
    `Sent ${events}: ${sent.accepted} accepted, ${sent.refused.length} refused.${sent.position === null ? '' : ` Position ${sent.position}.`}`,
  );
  for (const { where, reason } of sent.refused) print(`  ${where}: ${reason}`);
}
