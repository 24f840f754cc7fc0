/** Cycles in the change feed: told when an edge closes them, and what it costs where none does. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '#lineage';
import { GraphFile } from '../graph-file.ts';

const meta = { _producer: 'p', _schemaURL: 'urn:facet' };
const named = (name: string): object => ({ namespace: 'db', name });

describe('cycles in the change feed', () => {
  let folder: string;
  let file: GraphFile;
  let position = 0;
  beforeEach(() => {
    position = 0;
    folder = mkdtempSync(join(tmpdir(), 'headwater-cycle-'));
    file = new GraphFile(folder);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (job: string, reads: readonly string[], writes: readonly string[], type = 'BATCH'): object => ({
    eventTime: `2026-01-05T08:00:${String(position + 10).padStart(2, '0')}Z`,
    eventType: type === 'BATCH' ? 'COMPLETE' : 'RUNNING',
    producer: 'p',
    run: { runId: `${job}-1` },
    job: { namespace: 'etl', name: job, facets: { jobType: { ...meta, processingType: type, integration: 'X' } } },
    inputs: reads.map(named),
    outputs: writes.map(named),
  });
  const apply = (...events: readonly object[]): string[] => {
    const batch = events.map((event) => {
      const body = canonicalJson(event);
      position += 1;
      return { position, receivedAt: 1, body, hash: createHash('sha256').update(body).digest('hex') };
    });
    return file
      .apply(batch, 1)
      .changes.filter(({ kind }) => kind === 'lineage.cycle')
      .map(({ subject, text }) => `${subject}: ${text}`);
  };

  it('are told by the edge that closes them, once', () => {
    expect(apply(run('load', ['raw'], ['stg']), run('build', ['stg'], ['mart']))).toEqual([]);
    expect(apply(run('back', ['mart'], []))).toEqual([]);
    expect(apply(run('back', ['mart'], ['raw']))).toEqual([
      'job:etl:back: the lineage goes round in a circle: mart → back → raw → load → stg → build → mart',
    ]);
    expect(apply(run('back', ['mart'], ['raw']), run('other', ['mart'], ['else']))).toEqual([]);
  });

  it('are one where one batch brings all of them', () => {
    expect(apply(run('there', ['a'], ['b']), run('back', ['b'], ['a']))).toHaveLength(1);
  });

  it('are told as legal where a continuous job is part of them', () => {
    apply(run('there', ['a'], ['b']));
    expect(apply(run('back', ['b'], ['a'], 'STREAMING'))).toEqual([
      'job:etl:back: the lineage goes round in a circle (a continuous job is part of it): a → there → b → back → a',
    ]);
  });

  it('are not what a job makes that reads what it writes', () => {
    expect(apply(run('merge', ['a', 'b'], ['b']))).toEqual([]);
  });
});
