/** Neo4j is killed while workers commit: what they were told is there, once, and they go on by themselves. */
import { expect, it } from 'vitest';
import { CommitOvertaken, ReadableGraph } from '#graph';
import type { Change } from '#lineage';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { neo4jServer } from './neo4j-server.ts';

const COMMITS = 60;
const KILLS = 1;

it('keeps every commit that was answered, without a gap or a repeat', { timeout: 400_000 }, async () => {
  await emptyNeo4j();
  const workers = await Promise.all(Array.from({ length: 2 }, () => ReadableGraph.open({ uri: NEO4J_URI })));
  const answered: Change[] = [];
  let killed = 0;
  const work = async (worker: ReadableGraph, w: number): Promise<void> => {
    for (;;) {
      const { commit, applied } = await worker.position();
      if (applied >= COMMITS) return;
      try {
        const changes = [applied + 1].map((position) => changeOf(`position ${position}`, w));
        answered.push(...(await worker.commit({ after: commit, applied: applied + 1, changes, parts: [] })));
      } catch (error) {
        if (!(error instanceof CommitOvertaken)) throw error;
      }
      // Kills are spread over the commits, however fast the machine is.
      if (w === 0 && killed < KILLS && applied > ((killed + 1) * COMMITS) / (KILLS + 1)) {
        killed += 1;
        await neo4jServer('crash');
        await neo4jServer('start');
      }
    }
  };
  try {
    await Promise.all(workers.map(work));
    const [reader] = workers;
    expect(killed).toBe(KILLS);
    expect(await reader?.position()).toEqual({ commit: COMMITS, applied: COMMITS, sequence: COMMITS });
    const feed = (await reader?.changes(0, 1000)) ?? [];
    expect(feed.map(({ sequence, subject }) => [sequence, subject])).toEqual(
      Array.from({ length: COMMITS }, (_, i) => [i + 1, `position ${i + 1}`]),
    );
    // A commit whose answer was lost on the way is there too, though nobody was told.
    const held = new Map(feed.map((change) => [change.sequence, change]));
    for (const change of answered) expect(held.get(change.sequence)).toEqual(change);
    expect(COMMITS - answered.length).toBeLessThanOrEqual(KILLS * workers.length);
  } finally {
    for (const worker of workers) await worker.close();
  }
});

function changeOf(subject: string, worker: number): Omit<Change, 'sequence'> {
  return {
    kind: 'node.added',
    subject,
    at: worker,
    seen: worker,
    text: subject,
    breaking: null,
    corrected: false,
    before: null,
    after: null,
  };
}
