/** What each timeline said last. Who says an edge again and again is told of by this, not by the edge (`last-said.ts`). */
import { formatInstant } from '#lineage';
import type { LastSaid } from '../../last-said.ts';
import type { Database } from '../database.ts';
import { compareKeys, type Key } from '../stamps.ts';
import { attestationOf } from '../write/claim-writer.ts';

export interface LatestUsage {
  readonly set: number;
  readonly last: Key;
}

/** Of two sets that one event said, either would do, if all take the same. */
export function isLatest(usage: LatestUsage, than: LatestUsage | undefined): boolean {
  return than === undefined || (compareKeys(usage.last, than.last) || usage.set - than.set) > 0;
}

/** By timeline: of those that said anything. */
export function latestUsages(db: Database, timelines: readonly number[]): Map<number, LatestUsage> {
  const latest = new Map<number, LatestUsage>();
  for (const [timeline, set, t, k] of db.tuples(
    'SELECT u.timeline, u.eset, u.last_t, u.last_k FROM json_each(?) j CROSS JOIN usage u ON u.timeline = j.value',
    JSON.stringify(timelines),
  ) as [number, number, number, number][]) {
    const usage = { set, last: { t, k } };
    if (isLatest(usage, latest.get(timeline))) latest.set(timeline, usage);
  }
  return latest;
}

interface Word extends LatestUsage {
  readonly source: string;
  readonly how: number;
}

/** By job: what each said last of edges, timelines that were last heard in one event together. */
export function lastSaidOf(
  db: Database,
  jobs: readonly number[],
  hashOf: (key: Key) => string,
): Map<number, readonly LastSaid[]> {
  const words = new Map<number, Map<number, Word>>();
  for (const [job, timeline, source, set, t, k, how] of db.tuples(
    `SELECT t.owner, t.id, source.text, u.eset, u.last_t, u.last_k, u.how FROM json_each(?) j
       CROSS JOIN timeline t ON t.owner = j.value AND t.direction || '' NOT IN ('PAIRS', 'FEEDS')
       CROSS JOIN usage u ON u.timeline = t.id CROSS JOIN source ON source.id = t.source`,
    JSON.stringify(jobs),
  ) as [number, number, string, number, number, number, number][]) {
    const word = { source, set, last: { t, k }, how };
    const ofJob = words.get(job) ?? new Map<number, Word>();
    if (isLatest(word, ofJob.get(timeline))) ofJob.set(timeline, word);
    words.set(job, ofJob);
  }
  return new Map([...words].map(([job, ofJob]) => [job, inBreaths(ofJob, hashOf)]));
}

function inBreaths(words: ReadonlyMap<number, Word>, hashOf: (key: Key) => string): LastSaid[] {
  const breaths = new Map<string, [Word, string[]]>();
  for (const [timeline, word] of words) {
    const key = `${word.last.t} ${word.last.k} ${word.how} ${word.source}`;
    const held = breaths.get(key);
    if (held === undefined) breaths.set(key, [word, [String(timeline)]]);
    else held[1].push(String(timeline));
  }
  return [...breaths.values()].map(([{ source, last, how }, timelines]) => ({
    timelines,
    source,
    ...attestationOf(how),
    lastSeen: formatInstant(last.t),
    lastEvent: hashOf(last),
  }));
}
