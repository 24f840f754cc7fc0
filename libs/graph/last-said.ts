/**
 * When a job said last what it says, apart from the edges. A job's runs say the same edges again and again: then this is
 * all that is new, once for all that was said in one breath, at the job's node. An edge names the timelines that tell of it
 * so, and its own evidence is of when it was written.
 *
 * ```
 * (:Job {said: [{timelines: [4, 7], source, lastSeen, lastEvent, …}]})     at each event of the job
 *    ├─[:READS  {timelines: [4], evidence: first and last of then}]         when who says it differs
 *    └─[:WRITES {timelines: [7], evidence}]
 * ```
 */
import type { ExportEvidence } from '#lineage';

/** The last word of some timelines, which all are of one source. */
export interface LastSaid extends Pick<ExportEvidence, 'source' | 'how' | 'confidence' | 'lastSeen' | 'lastEvent'> {
  /** Numbers, as text: the same in the files of all workers, since all do the same steps. */
  readonly timelines: readonly string[];
}

/** What a job said last, by timeline. A job with many outputs has thousands. */
export type LastWords = ReadonlyMap<string, LastSaid>;

export function lastWords(said: readonly LastSaid[]): LastWords {
  return new Map(said.flatMap((last) => last.timelines.map((timeline) => [timeline, last] as const)));
}

/**
 * @param evidence as an edge has it, by source
 * @param timelines that tell when it was said last, in the order in which they count
 * @param words of each job that may say the edge; what isn't there tells nothing new
 * @returns the evidence, each said last when the latest of both says so
 */
export function withLastSaid(
  evidence: readonly ExportEvidence[],
  timelines: readonly string[],
  words: readonly LastWords[],
): readonly ExportEvidence[] {
  if (timelines.length === 0) return evidence;
  const told = timelines.flatMap((timeline) => words.flatMap((ofJob) => ofJob.get(timeline) ?? []));
  return evidence.map((held) => {
    const { how, confidence, lastSeen, lastEvent } = told.reduce<typeof held | LastSaid>(
      (latest, last) => (last.source === held.source && isLater(last, latest) ? last : latest),
      held,
    );
    return { ...held, how, confidence, lastSeen, lastEvent };
  });
}

type Word = Pick<LastSaid, 'lastSeen' | 'lastEvent'>;

/** Events of one instant are in the order of their hashes, as far as stamps have them: 48 bits. */
function isLater(a: Word, b: Word): boolean {
  const order = Date.parse(a.lastSeen) - Date.parse(b.lastSeen);
  return order > 0 || (order === 0 && a.lastEvent.slice(0, 12) > b.lastEvent.slice(0, 12));
}
