/** Expectations in the change feed, with a clock that the test moves: runs, row counts, checks, sources. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, canonicalJson, policySource } from '#lineage';
import { GraphFile } from '../../graph-file.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);
const meta = { _producer: 'p', _schemaURL: 'urn:facet' };
const iso = (t: number): string => new Date(START + t).toISOString();
const KINDS = /^(run\.(slow|stuck|missing)|source\.|volume\.|quality\.|lineage\.cycle)/;

describe('expectations in the change feed', () => {
  let folder: string;
  let file: GraphFile;
  let position = 0;
  beforeEach(() => {
    position = 0;
    folder = mkdtempSync(join(tmpdir(), 'headwater-expect-'));
    file = new GraphFile(folder);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const reopen = (): void => {
    file.close();
    file = new GraphFile(folder);
  };

  const shown = (changes: readonly Change[]): string[] =>
    changes
      .filter(({ kind }) => KINDS.test(kind))
      .map(
        ({ kind, subject, at }) =>
          `${kind} ${subject.replace(/^(dataset:db|job:etl):/, '')} ${iso(at - START).slice(8, 16)}`,
      );
  const apply = (now: number, ...events: readonly object[]): string[] =>
    shown(
      file.apply(
        events.map((event) => {
          const body = canonicalJson(event);
          position += 1;
          const hash = createHash('sha256').update(body).digest('hex');
          return { position, receivedAt: START + now, body, hash };
        }),
        START + now,
      ).changes,
    );
  const tick = (now: number): string[] => shown(file.tick(START + now));

  const event = (t: number, eventType: string, job: string, id: string, more: object = {}): object => ({
    eventTime: iso(t),
    eventType,
    producer: 'scheduler',
    run: { runId: id },
    job: { namespace: 'etl', name: job },
    ...more,
  });
  const run = (t: number, took: number, job: string, id: string, more: object = {}): object[] => [
    event(t, 'START', job, id),
    event(t + took, 'COMPLETE', job, id, more),
  ];
  const UUID = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  /** Each hour a run of ten minutes, `n` of them, each told as it happens. */
  const hourly = (n: number, took = 10 * MINUTE): void => {
    for (let i = 0; i < n; i++) {
      expect(apply(i * HOUR + took, ...run(i * HOUR, took + (i % 3) * 1_000, 'load', UUID(i)))).toEqual([]);
    }
  };

  describe('runs', () => {
    it('are slow beyond what is usual, at that instant, once; stuck when nothing more is heard', () => {
      hourly(12);
      apply(12 * HOUR, event(12 * HOUR, 'START', 'load', UUID(12)));
      expect(tick(12 * HOUR + 15 * MINUTE)).toEqual([]);
      expect(tick(12 * HOUR + 16 * MINUTE)).toEqual([`run.slow run:${UUID(12)} 05T12:15`]);
      expect(tick(12 * HOUR + 30 * MINUTE)).toEqual([]);
      reopen();
      expect(tick(12 * HOUR + 45 * MINUTE)).toEqual([`run.stuck run:${UUID(12)} 05T12:40`]);
      reopen();
      expect(tick(12 * HOUR + 50 * MINUTE)).toEqual([]);
    });

    it('that still speak are slow, not stuck', () => {
      hourly(12);
      apply(12 * HOUR, event(12 * HOUR, 'START', 'load', UUID(12)));
      const speaks = event(12 * HOUR + 38 * MINUTE, 'RUNNING', 'load', UUID(12));
      expect(apply(12 * HOUR + 38 * MINUTE, speaks)).toEqual([`run.slow run:${UUID(12)} 05T12:15`]);
      expect(tick(12 * HOUR + 45 * MINUTE)).toEqual([]);
      expect(tick(12 * HOUR + 47 * MINUTE)).toEqual([]);
      expect(tick(12 * HOUR + 49 * MINUTE)).toEqual([`run.stuck run:${UUID(12)} 05T12:48`]);
    });

    it('are told slow by their end where it comes first', () => {
      hourly(12);
      expect(apply(12.5 * HOUR, ...run(12 * HOUR, 25 * MINUTE, 'load', UUID(12)))).toEqual([
        `run.slow run:${UUID(12)} 05T12:15`,
      ]);
      expect(apply(13.5 * HOUR, ...run(13 * HOUR, 10 * MINUTE, 'load', UUID(13)))).toEqual([]);
    });

    it('of which too few are known are judged by nobody', () => {
      hourly(7);
      apply(7 * HOUR, event(7 * HOUR, 'START', 'load', UUID(7)));
      expect(tick(30 * DAY)).toEqual([]);
    });

    it('are missing once the usual gap and a little more has gone by, told once, also after a restart', () => {
      hourly(12);
      expect(tick(12 * HOUR + 5 * MINUTE)).toEqual([]);
      reopen();
      expect(tick(12 * HOUR + 20 * MINUTE)).toEqual(['run.missing load 05T12:16']);
      expect(tick(2 * DAY)).toEqual([]);
      expect(apply(2 * DAY, ...run(2 * DAY, 10 * MINUTE, 'load', UUID(50)))).toEqual([]);
      expect(tick(2 * DAY + 70 * MINUTE)).toEqual(['run.missing load 07T01:06']);
    });

    it('are not missing where they never came regularly', () => {
      for (const [i, hour] of [0, 1, 9, 10, 30, 31, 90, 95, 140, 300, 301, 420, 430].entries())
        apply(hour * HOUR, ...run(hour * HOUR, MINUTE, 'load', UUID(i)));
      expect(tick(90 * DAY)).toEqual([]);
    });

    it('that are told long after they began are not called late before they had their time', () => {
      const history = Array.from({ length: 20 }, (_, i) => run(i * HOUR, 10 * MINUTE, 'load', UUID(i))).flat();
      expect(apply(300 * DAY, ...history.slice(0, 31))).toEqual([]);
      expect(tick(300 * DAY + MINUTE)).toEqual([]);
      expect(apply(300 * DAY + 2 * MINUTE, ...history.slice(31))).toEqual([]);
      expect(tick(300 * DAY + HOUR)).toEqual([]);
      expect(tick(300 * DAY + 70 * MINUTE)).toHaveLength(1);
    });

    it('are the same whatever the order of the events', () => {
      const history = Array.from({ length: 12 }, (_, i) => run(i * HOUR, 10 * MINUTE, 'load', UUID(i))).flat();
      apply(11.5 * HOUR, ...history.reverse().filter((_, i) => i % 2 === 0));
      apply(11.5 * HOUR, ...history.filter((_, i) => i % 2 === 1));
      apply(12 * HOUR, event(12 * HOUR, 'START', 'load', UUID(12)));
      expect(tick(12 * HOUR + 16 * MINUTE)).toEqual([`run.slow run:${UUID(12)} 05T12:15`]);
    });
  });

  describe('row counts', () => {
    const wrote = (n: number, rows: number): object[] =>
      run(n * HOUR, MINUTE, 'load', UUID(n), {
        outputs: [
          {
            namespace: 'db',
            name: 'orders',
            facets: {},
            outputFacets: { outputStatistics: { ...meta, rowCount: rows } },
          },
        ],
      });
    const usual = (n: number): void => {
      for (let i = 0; i < n; i++) expect(apply(i * HOUR, ...wrote(i, 1_000 + (i % 4)))).toEqual([]);
    };

    it('are unusual beyond what they usually are, once, and recover', () => {
      usual(10);
      expect(apply(10 * HOUR, ...wrote(10, 700))).toEqual(['volume.anomaly orders 05T10:01']);
      reopen();
      expect(apply(11 * HOUR, ...wrote(11, 690))).toEqual([]);
      expect(apply(12 * HOUR, ...wrote(12, 650))).toEqual([]);
      expect(apply(13 * HOUR, ...wrote(13, 1_020))).toEqual(['volume.recovered orders 05T13:01']);
      expect(apply(14 * HOUR, ...wrote(14, 2_000))).toEqual(['volume.anomaly orders 05T14:01']);
    });

    it('that are few are judged by nobody', () => {
      usual(7);
      expect(apply(7 * HOUR, ...wrote(7, 0))).toEqual([]);
    });

    it('that come late change nothing', () => {
      usual(10);
      expect(apply(10 * HOUR, ...wrote(5, 3).map((each) => ({ ...each, run: { runId: UUID(99) } })))).toEqual([]);
    });
  });

  describe('checks', () => {
    const checked = (t: number, ...results: readonly (readonly [string, boolean])[]): object =>
      event(t, 'COMPLETE', 'test', UUID(t / HOUR), {
        inputs: [
          {
            namespace: 'db',
            name: 'orders',
            inputFacets: {
              dataQualityAssertions: {
                ...meta,
                assertions: results.map(([assertion, success]) => ({ assertion, success, column: 'id' })),
              },
            },
          },
        ],
      });

    it('that fail are told, and that all pass again', () => {
      expect(apply(HOUR, checked(HOUR, ['unique', true], ['not_null', true]))).toEqual([]);
      expect(apply(2 * HOUR, checked(2 * HOUR, ['unique', false], ['not_null', true]))).toEqual([
        'quality.failed orders 05T02:00',
      ]);
      expect(apply(3 * HOUR, checked(3 * HOUR, ['unique', false], ['not_null', true]))).toEqual([]);
      expect(apply(4 * HOUR, checked(4 * HOUR, ['unique', false], ['not_null', false]))).toEqual([
        'quality.failed orders 05T04:00',
      ]);
      reopen();
      expect(apply(5 * HOUR, checked(5 * HOUR, ['unique', true]))).toEqual([]);
      expect(apply(6 * HOUR, checked(6 * HOUR, ['not_null', true]))).toEqual(['quality.recovered orders 05T06:00']);
    });

    it('that failed before they passed are the past', () => {
      apply(HOUR, checked(2 * HOUR, ['unique', true]));
      expect(apply(3 * HOUR, checked(HOUR, ['unique', false]))).toEqual([]);
    });
  });

  describe('sources', () => {
    /** Each night from two to twenty past. */
    const night = (day: number, producer = 'nightly'): string[] =>
      [0, 7, 14, 20].flatMap((minute) => {
        const t = day * DAY + 2 * HOUR + minute * MINUTE;
        return apply(t, { ...event(t, 'COMPLETE', 'load', UUID(day * 100 + minute)), producer });
      });

    it('that fall silent are told once, and when they are heard again', () => {
      for (let day = 0; day < 10; day++) expect(night(day).filter((text) => text.startsWith('source'))).toEqual([]);
      const sources = (t: number): string[] => tick(t).filter((text) => text.startsWith('source'));
      expect(sources(10 * DAY + 3 * HOUR)).toEqual([]);
      reopen();
      const told = sources(10 * DAY + 6 * HOUR);
      expect(told).toEqual(['source.silent source:nightly 15T04:27']);
      expect(sources(12 * DAY)).toEqual([]);
      expect(night(13)).toContain('source.recovered source:nightly 18T02:00');
      expect(sources(14 * DAY + 3 * HOUR)).toEqual([]);
    });

    it('that are the hub itself, telling policies of rule files, have no rhythm', () => {
      for (let day = 0; day < 10; day++) night(day, policySource('marts'));
      expect(tick(20 * DAY).filter((text) => text.startsWith('source'))).toEqual([]);
    });

    it('of a few days are judged by nobody', () => {
      for (let day = 0; day < 5; day++) night(day);
      expect(tick(30 * DAY).filter((text) => text.startsWith('source'))).toEqual([]);
    });
  });
});
