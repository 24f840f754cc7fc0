import type { Command } from 'commander';
import { type Delivered, type EmitError, HttpTransport, OpenLineageConfigError } from '#openlineage';
import { CliError } from '../cli-error.ts';
import { openSource, readEvents, type SourceEvent } from '../event-source.ts';
import { fileProblem } from '../file-problem.ts';
import { cantReach, type HubClient, isRecord, messageOf, parse } from '../hub-client.ts';
import { clientOf, type HubOptions, hubCommand, print } from './hub-options.ts';

/** Well below the hub's limits for a batch, so that one answer comes soon. */
const BATCH_EVENTS = 500;
const BATCH_CHARACTERS = 8 * 1024 * 1024;

/** A full batch waits for one sync of the hub's disk, whatever else that does. */
const ANSWER_WITHIN_MS = 5 * 60_000;
/** About ten minutes while the hub says that it has too much to do. A hub that isn't there is told at once. */
const PATIENCE = { retries: 15, backoffMs: 1_000, maxWaitMs: 60_000, statuses: [429, 503], connections: false };

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
      const hub = recipient(clientOf(options));
      const sent: Sent = { events: 0, accepted: 0, refused: [], position: null };
      try {
        for await (const batch of batches(readEvents(openSource(file)))) await sendBatch(hub, batch, sent);
      } catch (error) {
        if (sent.events > 0) report(sent, options.json === true);
        throw fileProblem(error, file) ?? error;
      } finally {
        await Promise.all([hub.one.close(), hub.many.close()]);
      }
      report(sent, options.json === true);
      if (sent.refused.length > 0) process.exitCode = 1;
    });
}

/** A hub as one that takes events: one at a time, or an array of them. */
interface Recipient {
  readonly url: string;
  readonly one: HttpTransport;
  readonly many: HttpTransport;
}

function recipient({ url, key }: HubClient): Recipient {
  const transport = (endpoint: string): HttpTransport =>
    new HttpTransport({
      url,
      endpoint,
      ...(key === undefined ? {} : { apiKey: key }),
      timeoutMs: ANSWER_WITHIN_MS,
      answerBytes: 8 * 1024 * 1024,
      retry: PATIENCE,
    });
  try {
    return { url, one: transport('api/v1/lineage'), many: transport('api/v1/lineage/batch') };
  } catch (error) {
    if (error instanceof OpenLineageConfigError) throw new CliError(error.message, 2);
    throw error;
  }
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

async function sendBatch(hub: Recipient, batch: readonly SourceEvent[], sent: Sent): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  if (batch.length === 1) {
    const result = await hub.one.send(first.text);
    if (result.ok) accept(sent, 1, result);
    // Only a 4xx that names the event is about the event; anything else ends the command.
    else if (result.error.reason === 'refused' && [400, 413, 422].includes(result.error.status))
      sent.refused.push({ where: first.where, reason: messageOf(parse(result.error.body)) });
    else throw failure(hub.url, result.error);
    sent.events++;
    return;
  }
  const result = await hub.many.send(`[${batch.map((event) => event.text).join(',')}]`);
  if (!result.ok) throw failure(hub.url, result.error);
  sent.events += batch.length;
  const failed = failures(parse(result.response?.body ?? ''));
  for (const { index, reason } of failed)
    sent.refused.push({ where: batch[index]?.where ?? `event ${index + 1} of a batch`, reason });
  accept(sent, batch.length - failed.length, result);
}

function accept(sent: Sent, events: number, { response }: Delivered): void {
  sent.accepted += events;
  const position = response?.headers['headwater-position'];
  if (position !== undefined && Number(position) >= Number(sent.position ?? 0)) sent.position = position;
}

function failure(url: string, error: EmitError): CliError {
  switch (error.reason) {
    case 'refused':
    case 'unavailable':
      return new CliError(`${url} answered ${error.status}: ${messageOf(parse(error.body))}`);
    case 'network':
      return cantReach(url, error.code ?? error.message);
    default:
      return new CliError(error.message);
  }
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
