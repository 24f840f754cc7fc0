/** What is served beside the lines of an export: the same for a line at a time as for the whole graph. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exporter, GraphFile, type ServedLine, ServedLines } from '#graph';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type ExportLine } from '#lineage';
import { type Arrival, arbitraryArrival, arbitraryHistory, THEMES, type ThemeName } from './generators.ts';
import { histories } from './histories.ts';
import { logged } from './order-law.ts';
import { withTouchedGraph } from './touched-graph.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('served lines', () => {
  it.each(themes)('of all nodes are those of each: %s', { timeout: 60_000 }, (theme) => {
    fc.assert(
      fc.property(arbitraryHistory(theme, 30), (events) => {
        const folder = mkdtempSync(join(tmpdir(), 'headwater-served-'));
        const file = new GraphFile(folder);
        try {
          file.apply(
            events.map((event, i) => logged(event, i + 1)),
            0,
          );
          const lines = [...new Exporter(file.db).lines()].map((line) => JSON.parse(line) as ExportLine);
          const served = new ServedLines(file.db, DEFAULT_FLOW_LIMITS);
          const all = [...served.all()];
          const isOfBatch = hoursOfBatch(lines);
          const details = all.filter((line) => !isMeasure(line) && !isOfBatch(line));
          expect(sorted(served.of(lines))).toEqual(sorted(details));
          for (const line of lines) {
            if (line.kind !== 'dataset' && line.kind !== 'job') continue;
            expect(all.find(({ id }) => id === line.id)).toMatchObject({ aliases: line.aliases });
          }
          expect(new Set(all.map(({ kind, id }) => `${kind} ${id}`)).size).toBe(all.length);
        } finally {
          file.close();
          rmSync(folder, { recursive: true });
        }
      }),
      { seed: 20_260_101, numRuns: 5, endOnFailure: true },
    );
  });
});

describe('after each batch', () => {
  it.each(themes)('what is served is as if all of every line were served again: %s', { timeout: 60_000 }, (theme) => {
    fc.assert(fc.property(arbitraryArrival(theme, 14), checkServedLines), {
      seed: 20_260_102,
      numRuns: histories(4),
      interruptAfterTimeLimit: 40_000,
    });
  });
});

function checkServedLines({ events, delivery }: Arrival): void {
  withTouchedGraph(({ apply, db }) => {
    const [some, all] = [new Map<string, ServedLine>(), new Map<string, ServedLine>()];
    for (const { events: indexes } of delivery) {
      const parts = apply(indexes.map((index) => events[index]));
      const served = new ServedLines(db, DEFAULT_FLOW_LIMITS);
      for (const { put, seen, said, detailed, measured } of parts) {
        const nodes = seen.map(({ id }) => ({ kind: id.startsWith('job:') ? 'job' : 'dataset', id }) as const);
        for (const line of served.of([...put, ...nodes, ...said])) all.set(`${line.kind} ${line.id}`, line);
        for (const line of [...served.of(detailed), ...served.measured(measured)])
          some.set(`${line.kind} ${line.id}`, line);
      }
    }
    const measures = [...new ServedLines(db, DEFAULT_FLOW_LIMITS).all()].filter(isMeasure);
    for (const line of measures) all.set(`${line.kind} ${line.id}`, line);
    // Ids in pairs are as they were named when they were served: who reads them finds the nodes that they lead to.
    const namesMoved = [...all.values()].some((line) => 'aliases' in line && line.aliases.length > 0);
    const compared = (lines: ReadonlyMap<string, ServedLine>): string[] =>
      sorted(
        [...lines.values()].map((line) => (namesMoved && line.kind === 'jobDetail' ? { ...line, pairs: [] } : line)),
      );
    expect(compared(some)).toEqual(compared(all));
  });
}

describe('measures', () => {
  it('are served when they are made, by the dataset as it was named', () => {
    const facet = { _producer: 'https://example.com/p', _schemaURL: 'https://example.com/s.json' };
    const event = {
      eventTime: '2026-01-01T00:00:00Z',
      eventType: 'COMPLETE',
      run: { runId: '0194f1a5-0000-7000-8000-000000000001' },
      job: { namespace: 'etl', name: 'load' },
      inputs: [
        {
          namespace: 'db',
          name: 'raw',
          inputFacets: {
            dataQualityAssertions: { ...facet, assertions: [{ assertion: 'not_null', column: 'id', success: false }] },
          },
        },
      ],
      outputs: [
        { namespace: 'db', name: 'mart', outputFacets: { outputStatistics: { ...facet, rowCount: 7, size: 70 } } },
      ],
      producer: 'https://example.com/p',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    };
    withTouchedGraph(({ apply, db }) => {
      const parts = apply([event]);
      const of = [{ kind: 'run', id: `run:${event.run.runId}|job:etl:load` }] as const;
      const at = Date.parse(event.eventTime);
      const { runId } = event.run;
      const served = new ServedLines(db, DEFAULT_FLOW_LIMITS);
      expect(served.of(of)).toMatchObject([
        { kind: 'runDetail', reads: ['dataset:db:raw'], writes: ['dataset:db:mart'], events: [logged(event, 1).hash] },
      ]);
      const measures = parts.flatMap(({ measured }) => served.measured(measured));
      expect(measures.sort((a, b) => (a.kind < b.kind ? 1 : -1))).toMatchObject([
        { kind: 'statistics', dataset: 'dataset:db:mart', runId, at, rows: 7, bytes: 70, files: null },
        { kind: 'check', dataset: 'dataset:db:raw', runId, at, assertion: 'not_null', field: 'id', passed: false },
      ]);
    });
  });
});

const isMeasure = ({ kind }: ServedLine): boolean => kind === 'statistics' || kind === 'check';

/** Hours are kept of batch jobs too, and no line tells of them. */
function hoursOfBatch(lines: readonly ExportLine[]): (line: ServedLine) => boolean {
  const hours = new Set(lines.flatMap(({ kind, id }) => (kind === 'activity' ? id : [])));
  return ({ kind, id }) => kind === 'hourDetail' && !hours.has(id);
}

const sorted = (lines: readonly ServedLine[]): string[] => lines.map((line) => canonicalJson(line)).sort();
