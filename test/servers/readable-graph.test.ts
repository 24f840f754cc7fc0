/** The graph in Neo4j, held against the reference: any lines, commit by commit, come back byte for byte. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommitOvertaken, Neo4jDatabase, Neo4jGraphReader, partRows, ReadableGraph } from '#graph';
import { type Change, canonicalJson, DEFAULT_FLOW_LIMITS, type ExportLine, LOCAL_VIEWER } from '#lineage';
import { all } from '../graph/all.ts';
import { arbitraryArrival, arbitraryHistory, THEMES, type ThemeName } from '../model/generators.ts';
import { deltasOf, differenceOf } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('the graph in Neo4j', () => {
  let graph: ReadableGraph;
  beforeEach(async () => {
    await emptyNeo4j();
    graph = await ReadableGraph.open({ uri: NEO4J_URI });
  });
  afterEach(() => graph.close());

  it.each(themes)('is exported byte for byte after each commit: %s', { timeout: 300_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 14), async ({ events, delivery }) => {
        await emptyNeo4j();
        await graph.close();
        graph = await ReadableGraph.open({ uri: NEO4J_URI });
        const arrived: unknown[] = [];
        let held = new Map<string, ExportLine>();
        for (const [commit, batch] of delivery.entries()) {
          arrived.push(...batch.events.map((index) => events[index]));
          const wanted = referenceExport(deltasOf(arrived));
          const lines = linesOf(wanted);
          await graph.commit({ after: commit, applied: arrived.length, changes: [], parts: [difference(held, lines)] });
          expect(differenceOf(wanted, await all(graph.export()))).toBeNull();
          held = lines;
        }
        expect(await graph.position()).toEqual({ commit: delivery.length, applied: arrived.length, sequence: 0 });
        await graph.commit({ after: delivery.length, applied: 0, changes: [], parts: [difference(held, new Map())] });
        expect(await all(graph.export())).toEqual([]);
        expect(await nodesLeft()).toBe(0);
      }),
      { seed: 20_260_101, numRuns: 3, endOnFailure: true },
    );
  });

  it('numbers changes in the order of commits, and gives them back as they were', async () => {
    const first = await graph.commit({ after: 0, applied: 2, changes: [change('a'), change('b')], parts: [] });
    const hitting = { ...change('c'), hit: ['job:shop:mails', 'datasetField:db:c:who'] };
    const second = await graph.commit({
      after: 1,
      applied: 3,
      changes: [hitting, { ...change('d'), hit: [] }],
      parts: [],
    });
    expect([...first, ...second].map(({ sequence, subject }) => [sequence, subject])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
    expect(await graph.changes(0, 10)).toEqual([...first, ...second]);
    expect(await graph.changes(1, 1)).toEqual([first[1]]);
    expect(await graph.position()).toEqual({ commit: 2, applied: 3, sequence: 4 });
  });

  it('takes a commit from one of many writers, and tells the others that they were overtaken', async () => {
    const writers = await Promise.all(Array.from({ length: 4 }, () => ReadableGraph.open({ uri: NEO4J_URI })));
    const each = 10;
    let overtaken = 0;
    const told = await Promise.all(
      writers.map(async (writer, w) => {
        const mine: Change[] = [];
        for (let n = 0; n < each; ) {
          const { commit, applied } = await writer.position();
          try {
            const changes = [change(`${w}.${n}.a`), change(`${w}.${n}.b`)];
            mine.push(...(await writer.commit({ after: commit, applied: applied + 1, changes, parts: [] })));
            n += 1;
          } catch (error) {
            if (!(error instanceof CommitOvertaken)) throw error;
            overtaken += 1;
          }
        }
        return mine;
      }),
    );
    expect(overtaken).toBeGreaterThan(0);
    const total = writers.length * each;
    expect(await graph.position()).toEqual({ commit: total, applied: total, sequence: 2 * total });
    const feed = await graph.changes(0, 1000);
    expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
    expect(feed).toEqual(told.flat().sort((a, b) => a.sequence - b.sequence));
    for (const writer of writers) await writer.close();
  });

  it('is of the first log that comes; others hear it, and who comes to read takes none', async () => {
    const [reader, ...workers] = await Promise.all(
      Array.from({ length: 5 }, () => ReadableGraph.open({ uri: NEO4J_URI })),
    );
    await reader?.isOf('read', false);
    const came = await Promise.allSettled(workers.map((worker, i) => worker.isOf(`log-${i % 2}`, true)));
    expect(came.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    // It had nothing to say as long as the graph was of none.
    for (const [i, graph] of [...workers, reader].entries()) {
      if (came[i]?.status === 'fulfilled') await graph?.position();
      else await expect(graph?.position()).rejects.toThrow(/^the graph in Neo4j is folded from another log \(log-/);
    }
    for (const graph of [...workers, reader]) await graph?.close();
  });

  it('loses no commit to who holds commits off to read', { timeout: 120_000 }, async () => {
    const writers = await Promise.all(Array.from({ length: 2 }, () => ReadableGraph.open({ uri: NEO4J_URI })));
    const readers = await Promise.all(Array.from({ length: 4 }, () => ReadableGraph.open({ uri: NEO4J_URI })));
    const each = 60;
    let done = 0;
    const writing = writers.map(async (writer) => {
      for (let n = 0; n < each; ) {
        const { commit } = await writer.position();
        try {
          await writer.commit({ after: commit, applied: commit + 1, changes: [change('a')], parts: [] });
          n += 1;
        } catch (error) {
          if (!(error instanceof CommitOvertaken)) throw error;
        }
      }
      done += 1;
    });
    const reading = readers.map(async (reader) => {
      while (done < writers.length) await all(reader.export());
    });
    await Promise.all([...writing, ...reading]);
    const total = writers.length * each;
    expect(await graph.position()).toEqual({ commit: total, applied: total, sequence: total });
    for (const one of [...writers, ...readers]) await one.close();
  });

  it('shows its commits settled only once the one under way is done', async () => {
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let entered: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      entered = resolve;
    });
    async function* parts(): AsyncIterable<never> {
      entered();
      await held;
      yield* [];
    }
    const committing = graph.commit({ after: 0, applied: 1, changes: [], parts: parts() });
    await underWay;
    expect(await graph.commits(0, 10)).toEqual([]);
    const settled = graph.settledCommits(0, 10);
    finish();
    await committing;
    expect((await settled).map(({ number }) => number)).toEqual([1]);
  });

  it('is that of the events, whichever of four workers commits which of them', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory('everything', 24), async (events) => {
        await emptyNeo4j();
        const workers = await Promise.all(Array.from({ length: 4 }, () => ReadableGraph.open({ uri: NEO4J_URI })));
        const upTo = (applied: number) => linesOf(referenceExport(deltasOf(events.slice(0, applied))));
        await Promise.all(
          workers.map(async (worker, w) => {
            for (;;) {
              const { commit, applied } = await worker.position();
              if (applied === events.length) return;
              const next = Math.min(applied + 1 + w, events.length);
              const change = difference(upTo(applied), upTo(next));
              try {
                await worker.commit({ after: commit, applied: next, changes: [], parts: [change] });
              } catch (error) {
                if (!(error instanceof CommitOvertaken)) throw error;
              }
            }
          }),
        );
        for (const worker of workers) {
          expect(
            differenceOf([...upTo(events.length).values()].map(canonicalJson), await all(worker.export())),
          ).toBeNull();
          await worker.close();
        }
      }),
      { seed: 20_260_101, numRuns: 5, endOnFailure: true },
    );
  });

  it('shows readers a commit once it is whole, with the next turn where its worker was killed before that', async () => {
    const database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
    const killed = await ReadableGraph.on(database);
    const reader = new Neo4jGraphReader(database, LOCAL_VIEWER, DEFAULT_FLOW_LIMITS);
    const { show } = killed;
    killed.show = () => Promise.reject(new Error('killed'));
    await killed.commit({ after: 0, applied: 2, changes: [change('a'), change('b')], parts: [] });
    const ofAll = { kinds: null, since: null, breaking: null, first: 10, after: null };
    const seen = async () => [
      await graph.shown(),
      await reader.applied(),
      (await graph.changes(0, 10)).length,
      (await reader.changes({ ...ofAll, subjects: null })).items.length,
      (await reader.changes({ ...ofAll, subjects: ['b'] })).items.length,
    ];
    // Who commits next goes by what is committed.
    expect(await graph.position()).toEqual({ commit: 1, applied: 2, sequence: 2 });
    expect(await seen()).toEqual([{ applied: 0, sequence: 0 }, 0, 0, 0, 0]);
    await graph.takeTurn('another', 1000);
    expect(await seen()).toEqual([{ applied: 2, sequence: 2 }, 2, 2, 2, 1]);
    killed.show = show;
    await killed.commit({ after: 1, applied: 3, changes: [change('b')], parts: [] });
    expect(await seen()).toEqual([{ applied: 3, sequence: 3 }, 3, 3, 3, 2]);
    await database.close();
  });

  it('shows a reader no change before those that come earlier', async () => {
    const writer = await ReadableGraph.open({ uri: NEO4J_URI });
    let done = false;
    const writing = (async () => {
      for (let commit = 0; commit < 40; commit++) {
        const changes = Array.from({ length: 5 }, (_, i) => change(`${commit}.${i}`));
        await writer.commit({ after: commit, applied: commit + 1, changes, parts: [] });
      }
      done = true;
    })();
    const read: number[] = [];
    while (!done || read.length < 200) {
      const page = await graph.changes(read.at(-1) ?? 0, 7);
      read.push(...page.map(({ sequence }) => sequence));
    }
    await writing;
    expect(read).toEqual(read.map((_, i) => i + 1));
    await writer.close();
  });
});

async function nodesLeft(): Promise<number> {
  const database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
  const [row] = await database.run(
    'MATCH (n) WHERE NOT n:HeadwaterGraph AND NOT n:HeadwaterLock AND NOT n:Commit RETURN count(n) AS n',
  );
  await database.close();
  return Number(row?.['n']);
}

function linesOf(exported: readonly string[]): Map<string, ExportLine> {
  const lines = exported.map((text) => JSON.parse(text) as ExportLine);
  return new Map(lines.map((line) => [keyOf(line), line]));
}

const keyOf = ({ kind, id }: Pick<ExportLine, 'kind' | 'id'>): string => `${kind} ${id}`;

function difference(held: ReadonlyMap<string, ExportLine>, wanted: ReadonlyMap<string, ExportLine>) {
  const same = (key: string, line: ExportLine): boolean => {
    const other = held.get(key);
    return other !== undefined && canonicalJson(other) === canonicalJson(line);
  };
  return partRows({
    put: [...wanted].flatMap(([key, line]) => (same(key, line) ? [] : line)),
    gone: [...held].flatMap(([key, { kind, id }]) => (wanted.has(key) ? [] : { kind, id })),
    seen: [],
    said: [],
    served: [],
  });
}

function change(subject: string): Omit<Change, 'sequence'> {
  return {
    kind: 'node.added',
    subject,
    at: 1_767_225_600_000,
    seen: 1_767_225_600_001,
    text: `${subject} is known`,
    breaking: null,
    corrected: false,
    before: null,
    after: { kind: 'dataset', namespace: 'db', name: subject },
  };
}
