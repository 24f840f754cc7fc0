import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readEvents, type SourceEvent } from './event-source.ts';

async function read(text: string): Promise<SourceEvent[]> {
  const events: SourceEvent[] = [];
  for await (const event of readEvents(Readable.from([text]))) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('reads lines, passes over empty ones, and knows which are broken', async () => {
    expect(await read('\uFEFF{"a":1}\r\n\n  {"b":2}\nnope\n{"c":3}')).toEqual([
      { text: '{"a":1}', where: 'line 1', parses: true },
      { text: '{"b":2}', where: 'line 3', parses: true },
      { text: 'nope', where: 'line 4', parses: false },
      { text: '{"c":3}', where: 'line 5', parses: true },
    ]);
  });

  it('reads one object over many lines', async () => {
    expect(await read('{\n  "a": 1\n}\n')).toEqual([{ text: '{"a":1}', where: 'event 1', parses: true }]);
  });

  it.each(['[{"a":1},{"b":2}]', '[\n{"a":1},\n{"b":2}\n]\n'])('reads the array %j', async (text) => {
    expect(await read(text)).toEqual([
      { text: '{"a":1}', where: 'event 1', parses: true },
      { text: '{"b":2}', where: 'event 2', parses: true },
    ]);
  });

  it('takes lines for lines when only the first is broken', async () => {
    expect((await read('{"a":\n{"b":2}\n')).map(({ where, parses }) => [where, parses])).toEqual([
      ['line 1', false],
      ['line 2', true],
    ]);
  });

  it('reads nothing from nothing', async () => {
    expect(await read('\n\n')).toEqual([]);
  });
});
