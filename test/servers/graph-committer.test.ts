/** The graph that several workers write: the same as one worker's, and a feed without gaps or repeats. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CannotFollow, type GraphCommitter, Neo4jDatabase, ReadableGraph } from '#graph';
import type { Change, LoggedEvent } from '#lineage';
import { all } from '../graph/all.ts';
import { foldChanges } from '../model/fold-changes.ts';
import { arbitraryArrival, arbitraryHistory, type JsonEvent, THEMES, type ThemeName } from '../model/generators.ts';
import { deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceCurrent, referenceExport } from '../model/reference-fold.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import type { ReadLog } from './read-log.ts';
import { Team, WORKERS } from './team.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('the graph that four workers write', () => {
  let team: Team;
  beforeEach(async () => {
    team = await Team.meet();
  });
  afterEach(() => team.end());

  it.each(themes)('obeys the order law, whoever applies which batch: %s', { timeout: 300_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 12), async ({ events, delivery }) => {
        await team.end();
        team = await Team.meet();
        await team.obeysOrderLaw(events, delivery);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  it('holds each event once, and tells each change once, when all apply all at once', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory('everything', 60), async (events) => {
        await team.end();
        team = await Team.meet();
        team.log.append(...events.map((event, i) => logged(event, i + 1)));
        const told = await Promise.all(team.workers.map((worker, w) => followLog(team.log, worker, 2 + w)));
        const wanted = referenceExport(deltasOf(events));
        expect(differenceOf(wanted, await all(team.graph.export()))).toBeNull();
        for (const worker of team.workers) expect(differenceOf(wanted, await all(worker.export()))).toBeNull();
        const feed = await team.graph.changes(0, 10_000);
        expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
        expect(told.flat().sort((a, b) => a.sequence - b.sequence)).toEqual(feed);
        const { dropped, ...current } = referenceCurrent(deltasOf(events));
        expect(foldChanges(feed)).toEqual({ ...current, dropped: [...dropped].sort() });
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });

  it('is committed by one at a time, and by another soon after that one went', async () => {
    const [one, two] = [team.worker(0), team.worker(1)];
    expect(await one.takeTurn()).toBe(true);
    expect(await two.takeTurn()).toBe(false);
    await one.close();
    expect(await two.takeTurn()).toBe(true);
    team.workers.shift();
  });

  it('passes over an event that nobody can apply, everywhere', async () => {
    const broken: LoggedEvent = { position: 2, receivedAt: 2, hash: '2'.padStart(64, 'a'), body: '{"eventTime":' };
    const batch = [logged(loads('a', 'b'), 1), broken, logged(loads('b', 'c'), 3)];
    team.log.append(...batch);
    const { faults, applied } = await team.worker(0).apply(batch);
    expect(faults).toMatchObject([{ position: 2 }]);
    expect(applied).toBe(3);
    const wanted = referenceExport(deltasOf([loads('a', 'b'), loads('b', 'c')]));
    for (const worker of team.workers) expect(await all(worker.export())).toEqual(wanted);
    expect(await all(team.graph.export())).toEqual(wanted);
  });

  it('tells what time alone brought once, and prunes everywhere', async () => {
    await team.end();
    team = await Team.meet(WORKERS, 600_000);
    for (let n = 0; n < 6; n++) {
      const event = logged(loads('a', n % 2 === 0 ? 'b' : 'c', n, 'j'), n + 1);
      team.log.append(event);
      await team.worker(n).apply([event]);
    }
    const { runs } = await team.worker(1).prune(4);
    expect(runs).toBeGreaterThan(1);
    const exported = await all(team.graph.export());
    for (const worker of team.workers) expect(await all(worker.export())).toEqual(exported);
    expect(exported.filter((line) => line.includes('"kind":"run"'))).toHaveLength(6 - runs);
    // Whoever's turn it isn't leaves it to the one whose it is.
    const { commit } = await team.graph.position();
    expect(await team.worker(2).prune(6)).toEqual({ runs: 0 });
    expect((await team.graph.position()).commit).toBe(commit);
  });

  it('forgets the commits that nobody can follow, and none that somebody may', async () => {
    for (let n = 0; n < 6; n++) {
      const event = logged(loads('a', 'b', n, 'j'), n + 1);
      team.log.append(event);
      await team.worker(0).apply([event]);
      if (n === 3) await team.worker(1).takeTurn();
    }
    const kept = async (): Promise<number[]> => (await team.graph.commits(0, 100)).map(({ number }) => number);
    expect(await kept()).toEqual([1, 2, 3, 4, 5, 6]);
    await team.worker(1).prune(0);
    expect((await kept()).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    // Retention took events 1 to 4: who holds 4 goes on from there, who holds less never will.
    team.log.events.splice(0, 4);
    await team.worker(1).prune(0);
    expect((await kept()).slice(0, 3)).toEqual([4, 5, 6]);
    expect(await all(team.worker(0).export())).toEqual(await all(team.graph.export()));
    await expect(all(team.worker(2).export())).rejects.toThrow(CannotFollow);
  });

  it('forgets the rows of an import with the first events after it, and no change ever', async () => {
    const part = { changes: [], parts: [] };
    const rows = new Uint8Array([1, 2, 3]);
    await team.graph.commit({ ...part, after: 0, applied: 0, step: { op: 'import', last: true }, rows });
    const told = { kind: 'node.added', subject: 'dataset:db:a', at: 1, seen: 1, text: 'a is new' } as const;
    const changes = [{ ...told, breaking: null, corrected: false, before: null, after: null }];
    for (const position of [1, 2]) {
      const step = { op: 'apply', until: position, events: 1, now: 1 } as const;
      await team.graph.commit({ ...part, after: position, applied: position, step, changes });
    }
    // Nothing was taken: whoever has no file needs all of it.
    await team.graph.forgetCommits(0);
    expect(await team.graph.rowsOf(1)).toEqual(rows);
    await team.graph.forgetCommits(1);
    expect(await team.graph.rowsOf(1)).toBeNull();
    expect((await team.graph.commits(0, 10)).map(({ number }) => number)).toEqual([2, 3]);
    expect((await team.graph.changes(0, 10)).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});

describe('a worker that comes late', () => {
  let team: Team;
  beforeEach(async () => {
    team = await Team.meet(1);
  });
  afterEach(() => team.end());

  it('folds the log, and where retention took it starts from the file of another', async () => {
    const events = Array.from({ length: 9 }, (_, i) => loads(`t${i}`, `t${i + 1}`, i));
    for (const [i, event] of events.entries()) {
      const next = logged(event, i + 1);
      team.log.append(next);
      await team.worker(0).apply([next]);
    }
    const wanted = await all(team.graph.export());
    const late = await team.start(1, await mkdtemp(join(tmpdir(), 'headwater-worker-')));
    expect(await all(late.export())).toEqual(wanted);

    team.log.events.splice(0, 5);
    const later = await team.start(2, await mkdtemp(join(tmpdir(), 'headwater-worker-')));
    await expect(all(later.export())).rejects.toThrow(CannotFollow);
    await expect(all(later.export())).rejects.toThrow(/with both stopped, copy its graph.db/);

    const copy = await mkdtemp(join(tmpdir(), 'headwater-worker-'));
    await team.worker(0).backup(copy);
    const third = await team.start(3, copy);
    expect(await all(third.export())).toEqual(wanted);
    const next = logged(loads('x', 'y', 20), 10);
    team.log.append(next);
    expect((await third.apply([next])).changes.length).toBeGreaterThan(0);
  });

  it('goes on with a graph of the version before, whose edges alone tell when they were said last', async () => {
    await team.start(1, await mkdtemp(join(tmpdir(), 'headwater-worker-')));
    const commit = async (worker: number, minute: number): Promise<void> => {
      const event = logged(loads('a', 'b', minute), minute);
      team.log.append(event);
      await team.worker(worker).apply([event]);
      expect(await all(team.graph.export())).toEqual(await all(team.worker(worker).export()));
    };
    await commit(0, 1);
    const database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
    await database.run('MATCH (n:Job) REMOVE n.said');
    await database.run('MATCH (:Asset)-[e]->(:Asset) REMOVE e.timelines');
    await database.run("MATCH (g:HeadwaterGraph {name: 'graph'}) SET g.schema = 3 REMOVE g.saidAfter");
    const upgraded = await ReadableGraph.on(database);
    expect(await upgraded.saidAfter()).toBe(1);
    for (const worker of [0, 1]) await team.start(worker);
    for (const minute of [2, 3, 4]) await commit(minute % 2, minute);
    const told = await database.run('MATCH (n:Job) WHERE n.said IS NOT NULL RETURN count(n) AS jobs');
    expect(told).toEqual([{ jobs: 1 }]);
    await database.close();
  });

  it('whose file is ahead of the graph says what to do', async () => {
    const event = logged(loads('a', 'b'), 1);
    team.log.append(event);
    await team.worker(0).apply([event]);
    await emptyNeo4j();
    const graph = await ReadableGraph.open({ uri: NEO4J_URI });
    await expect(all(team.worker(0).export())).rejects.toThrow(/Neo4j was restored from an older copy/);
    await graph.close();
  });
});

/** As a worker does it: reads on from where the graph is, in batches of its own size. */
async function followLog(log: ReadLog, worker: GraphCommitter, size: number): Promise<Change[]> {
  const told: Change[] = [];
  for (let applied = 0; ; ) {
    const batch = await log.read(applied, size);
    if (batch.length === 0) return told;
    const result = await worker.apply(batch);
    told.push(...result.changes);
    applied = result.applied;
  }
}

function loads(from: string, to: string, minute = 0, job = `load ${to}`): JsonEvent {
  return {
    eventType: 'COMPLETE',
    eventTime: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
    producer: 'https://example.com/p',
    run: { runId: `${from} to ${to} at ${minute}` },
    job: { namespace: 'shop', name: job },
    inputs: [{ namespace: 'db', name: from }],
    outputs: [{ namespace: 'db', name: to }],
  };
}
