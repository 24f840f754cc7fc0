/** A graph that is exported and imported: the same again, and what comes later folds into it as if it had never moved. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphFile, loadExport } from '#graph';
import { arbitraryArrival } from './generators.ts';
import { exported, movingStore, told } from './moving-store.ts';
import { checkOrderLaw, differenceOf, logged } from './order-law.ts';

const WORD = { by: 'ann', at: 0, reason: null };

const graphOf = (lines: readonly string[]): string[] => lines.filter((line) => !/^\{"kind":"rows?"/.test(line));

it('a graph that moves obeys the order law', { timeout: 60_000 }, async () => {
  // More of them, and of each theme, in test/wide.
  await fc.assert(
    fc.asyncProperty(arbitraryArrival('everything', 10), ({ events, delivery }) =>
      checkOrderLaw(movingStore, events, delivery),
    ),
    { seed: 20_260_101, numRuns: 5, endOnFailure: true },
  );
});

const event = (job: string, reads: string, writes: string, hour: number) => ({
  eventTime: `2026-01-01T0${hour}:00:00Z`,
  eventType: 'COMPLETE',
  producer: 'https://example.com/p',
  run: { runId: `0194f1a5-0000-7000-8000-00000000000${hour}` },
  job: { namespace: 'etl', name: job },
  inputs: [{ namespace: 'db', name: reads, facets: { schema: { fields: [{ name: 'id', type: 'int' }] } } }],
  outputs: [{ namespace: 'db', name: writes }],
});

describe('an export that is read', () => {
  /** With a merge and an annotation. */
  function rich(): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-moved-'));
    const file = new GraphFile(folder);
    file.apply([logged(event('load', 'raw', 'orders', 1), 1), logged(event('sum', 'orders_v2', 'daily', 2), 2)], 0);
    expect(file.merge({ ...WORD, ids: ['dataset:db:orders_v2'], into: 'dataset:db:orders' }).kind).toBe('done');
    const remark = {
      kind: 'TAG',
      subject: 'dataset:db:daily',
      text: 'mart',
      carried: false,
      by: 'ann',
      at: 1,
    } as const;
    expect(file.words.remark({ ...remark, expiresAt: null, key: null }).kind).toBe('done');
    file.close();
    const lines = exported(folder, true);
    rmSync(folder, { recursive: true });
    return lines;
  }

  async function load(lines: readonly string[]): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-moved-'));
    try {
      await loadExport(told(lines), folder, 0);
      const file = new GraphFile(folder);
      const again = graphOf(exported(folder, true));
      expect(file.merge({ ...WORD, ids: ['dataset:db:orders_v2'], into: 'dataset:db:orders' }).kind).toBe('refused');
      file.close();
      return again;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('is the same export again, with what people said, which still holds', async () => {
    const lines = rich();
    expect(lines.some((line) => line.includes('"kind":"tag"'))).toBe(true);
    expect(differenceOf(graphOf(lines), await load(lines))).toBeNull();
  });

  it('and so it is without its rows', async () => {
    const lines = graphOf(rich());
    expect(differenceOf(lines, await load(lines))).toBeNull();
  });

  const at = (lines: readonly string[], kind: string) => lines.findIndex((line) => line.includes(`"kind":"${kind}"`));
  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['text', (lines) => lines.with(2, '{"kind":'), /^line 3: no line of an export/],
    ['a kind of nothing', (lines) => lines.with(0, '{"kind":"graph","id":"x"}'), /^line 1: no kind .* "graph"$/],
    ['a line twice', (lines) => lines.toSpliced(1, 0, lines[0] ?? ''), /^line 2: .* is there twice, or out of order/],
    [
      'lines that no graph makes',
      (lines) => graphOf(lines).map((line) => line.replace('"lifecycle":"ACTIVE"', '"lifecycle":"DROPPED"')),
      /^line \d+: a graph made of the lines alone has another line here.*--with rows/,
    ],
    [
      'a line without what its kind has',
      (lines) => graphOf(lines).map((line) => line.replace('"firstSeen":', '"first":')),
      /^line \d+: a dataset whose firstSeen is missing/,
    ],
    ['a row less', (lines) => lines.slice(0, -1), /^line \d+: \d+ of the \d+ rows of \w+ are there/],
    ['a line less', (lines) => lines.toSpliced(at(lines, 'edge'), 1), /^line \d+: the rows make another line here/],
    [
      'an altered line',
      (lines) => lines.map((line) => line.replace('"name":"daily"', '"name":"hourly"')),
      /^line \d+: the rows make another line here: the export was altered/,
    ],
    [
      'another schema',
      (lines) => lines.map((line) => line.replace(/"kind":"rows","schema":\d+/, '"kind":"rows","schema":99')),
      /^line \d+: the rows are of schema 99, and this version knows/,
    ],
    [
      'a row of no table',
      (lines) => [...lines, '{"kind":"row","table":"sqlite_master","values":[]}'],
      /^line \d+: the rows are of no table sqlite_master$/,
    ],
  ])('that has %s is refused with the line', async (_, spoil, message) => {
    await expect(load(spoil(rich()))).rejects.toThrow(message);
  });
});
