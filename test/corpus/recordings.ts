/** What real programs sent, by recording: every scenario of the corpus and every capture. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonEvent } from '../model/generators.ts';
import { deltasOf } from '../model/order-law.ts';

export interface Recording {
  readonly name: string;
  readonly events: readonly JsonEvent[];
}

export function recordings(): Recording[] {
  const shared = process.env.HEADWATER_CORPUS ?? '../shared';
  return [join(shared, 'corpus'), join(shared, 'services', 'captures')].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => ({ name: file.replace('.jsonl', ''), events: eventsOf(join(folder, file)) })),
  );
}

/** Without those that can't be reduced: the door refuses them. */
function eventsOf(path: string): JsonEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const events = lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { event: JsonEvent }).event);
  return events.filter((event) => {
    try {
      return deltasOf([event]).length === 1;
    } catch {
      return false;
    }
  });
}
