/** Freshness in the change feed: by time, by data, by late events, by policies that come and go. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, canonicalJson } from '#lineage';
import { GraphFile } from '../graph-file.ts';

const day = (time: string): number => Date.parse(`2026-01-05T${time}:00Z`);
const meta = { _producer: 'p', _schemaURL: 'urn:facet' };
const named = (name: string, facets: object = {}) => ({ namespace: 'db', name, facets });
const freshness = (facet: object) => ({ headwater_freshness: { ...meta, ...facet } });
const at = (time: string) => ({ eventTime: `2026-01-05T${time}:00Z`, producer: 'p' });

const told = (time: string, name: string, facet: object) => ({ ...at(time), dataset: named(name, freshness(facet)) });
const run = (time: string, type: string, job: string, reads: readonly string[], writes: string, id = `${job}-1`) => ({
  ...at(time),
  eventType: type,
  run: { runId: id },
  job: { namespace: 'etl', name: job },
  inputs: reads.map((name) => named(name)),
  outputs: [named(writes)],
});
const POLICY = { maxAge: { warn: '1h', fail: '2h' } };

describe('freshness in the change feed', () => {
  let folder: string;
  let file: GraphFile;
  let position = 0;
  beforeEach(() => {
    position = 0;
    folder = mkdtempSync(join(tmpdir(), 'headwater-fresh-'));
    file = new GraphFile(folder);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const shown = (changes: readonly Change[]): string[] =>
    changes
      .filter(({ kind }) => kind.startsWith('freshness.'))
      .map(
        ({ kind, subject, at: time, corrected }) =>
          `${kind} ${subject.slice('dataset:db:'.length)} ${new Date(time).toISOString().slice(11, 16)}${corrected ? ' corrected' : ''}`,
      );
  const apply = (now: string, ...events: readonly object[]): string[] =>
    shown(
      file.apply(
        events.map((event) => {
          const body = canonicalJson(event);
          position += 1;
          return { position, receivedAt: day(now), body, hash: createHash('sha256').update(body).digest('hex') };
        }),
        day(now),
      ).changes,
    );
  const tick = (now: string): string[] => shown(file.tick(day(now)));

  /** raw ─▶ load ─▶ stg ─▶ build ─▶ mart, with a policy on mart. All of 08:00. */
  const estate = (): string[] =>
    apply(
      '08:40',
      told('08:00', 'raw', { watermark: '2026-01-05T08:00:00Z' }),
      run('08:10', 'START', 'load', ['raw'], 'stg'),
      run('08:20', 'COMPLETE', 'load', ['raw'], 'stg'),
      run('08:30', 'START', 'build', ['stg'], 'mart'),
      run('08:35', 'COMPLETE', 'build', ['stg'], 'mart'),
      told('08:36', 'mart', POLICY),
    );

  it('finds a breach at its deadline, once, and its end', () => {
    expect(estate()).toEqual([]);
    expect(tick('08:59')).toEqual([]);
    expect(tick('09:00')).toEqual(['freshness.warned mart 09:00']);
    expect(tick('09:30')).toEqual([]);
    expect(tick('10:07')).toEqual(['freshness.failed mart 10:00']);
    expect(apply('10:20', told('10:10', 'raw', { watermark: '2026-01-05T10:05:00Z' }))).toEqual([]);
    expect(
      apply(
        '10:30',
        run('10:12', 'START', 'load', ['raw'], 'stg', 'l2'),
        run('10:14', 'COMPLETE', 'load', ['raw'], 'stg', 'l2'),
      ),
    ).toEqual([]);
    expect(
      apply(
        '10:40',
        run('10:20', 'START', 'build', ['stg'], 'mart', 'b2'),
        run('10:22', 'COMPLETE', 'build', ['stg'], 'mart', 'b2'),
      ),
    ).toEqual(['freshness.recovered mart 10:22']);
    expect(tick('11:06')).toEqual(['freshness.warned mart 11:05']);
  });

  it('survives a restart with its deadlines', () => {
    estate();
    file.close();
    file = new GraphFile(folder);
    expect(tick('10:00')).toEqual(['freshness.failed mart 10:00']);
    file.close();
    file = new GraphFile(folder);
    expect(tick('10:30')).toEqual([]);
  });

  it('takes back what a late event shows never to have been', () => {
    estate();
    tick('09:00');
    const late = apply(
      '09:20',
      told('08:40', 'raw', { watermark: '2026-01-05T08:40:00Z' }),
      run('08:45', 'COMPLETE', 'load', ['raw'], 'stg', 'l2'),
      run('08:50', 'COMPLETE', 'build', ['stg'], 'mart', 'b2'),
    );
    expect(late).toEqual(['freshness.recovered mart 08:50 corrected']);
  });

  it('tells what a late FAIL shows to have been', () => {
    estate();
    apply('09:10', told('09:00', 'raw', { watermark: '2026-01-05T09:00:00Z' }));
    apply(
      '09:20',
      run('09:02', 'COMPLETE', 'load', ['raw'], 'stg', 'l2'),
      run('09:05', 'COMPLETE', 'build', ['stg'], 'mart', 'b2'),
    );
    expect(apply('09:30', run('09:06', 'FAIL', 'build', ['stg'], 'mart', 'b2'))).toEqual([
      'freshness.warned mart 09:00 corrected',
    ]);
  });

  it('asks nothing any more once the policy is gone', () => {
    estate();
    tick('09:00');
    expect(apply('09:10', told('09:05', 'mart', { _deleted: true }))).toEqual(['freshness.recovered mart 09:10']);
    expect(tick('10:30')).toEqual([]);
  });

  it('knows nothing where nobody told, and keeps nothing where nobody asks', () => {
    expect(
      apply('08:40', run('08:30', 'COMPLETE', 'build', ['lookup'], 'mart'), told('08:36', 'mart', POLICY)),
    ).toEqual([]);
    expect(tick('20:00')).toEqual([]);
    expect(file.db.all('SELECT key FROM contribution').length).toBe(1);
    apply('20:10', run('20:00', 'COMPLETE', 'other', ['a'], 'b'));
    expect(file.db.all('SELECT key FROM contribution').length).toBe(1);
  });

  it('gets no fresher by a rerun of an old partition', () => {
    estate();
    tick('10:00');
    const rerun = run('10:20', 'COMPLETE', 'load', ['raw'], 'stg', 'l2');
    const nominal = {
      nominalTime: { ...meta, nominalStartTime: '2026-01-01T00:00:00Z', nominalEndTime: '2026-01-02T00:00:00Z' },
    };
    expect(
      apply(
        '10:40',
        told('10:10', 'raw', { watermark: '2026-01-05T10:10:00Z' }),
        { ...rerun, run: { runId: 'l2', facets: nominal } },
        run('10:30', 'COMPLETE', 'build', ['stg'], 'mart', 'b2'),
      ),
    ).toEqual([]);
  });
});
