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
  /** Numbers, as text. */
  readonly timelines: readonly string[];
}

/**
 * @param evidence as an edge has it, by source
 * @param timelines that tell when it was said last, in the order in which they count
 * @param said of the jobs that the edge may be said by; what isn't there tells nothing new
 * @returns the evidence, each said last when the latest of both says so
 */
export function withLastSaid(
  evidence: readonly ExportEvidence[],
  timelines: readonly string[],
  said: readonly LastSaid[],
): readonly ExportEvidence[] {
  if (timelines.length === 0 || said.length === 0) return evidence;
  const told = timelines.flatMap((timeline) => said.find((last) => last.timelines.includes(timeline)) ?? []);
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
