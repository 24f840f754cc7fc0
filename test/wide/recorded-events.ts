import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonEvent } from '../model/generators.ts';

/** What real programs sent: the events of every scenario and recording beside the project. */
export function recordedEvents(): readonly JsonEvent[] {
  const shared = process.env.HEADWATER_CORPUS ?? '../shared';
  const events = [join(shared, 'corpus'), join(shared, 'services', 'captures')].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
      .flatMap((file) => eventsOf(join(folder, file))),
  );
  if (events.length === 0) throw new Error(`no recorded events below ${shared}: set HEADWATER_CORPUS`);
  return events;
}

function eventsOf(path: string): JsonEvent[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: JsonEvent }).event);
}
