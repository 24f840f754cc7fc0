import { type Evidence, sqlOf } from '#lineage';
import type { GraphReads } from '../graph-reads.ts';
import { type ObjectFields, objectFields } from '../object-fields.ts';
import { type EventNode, eventNode } from './event.ts';

interface EvidenceNode extends Evidence {
  /** The job whose SQL may show the edge. */
  readonly job: string | null;
}

export const evidenceOf = (evidence: readonly Evidence[], job: string | null): readonly EvidenceNode[] =>
  evidence.map((one) => ({ ...one, job }));

/** The last event that said it. Once retention took it, what the evidence itself remembers: who said it and when. */
async function event({ lastEvent, lastSeen, source }: EvidenceNode, reads: GraphReads): Promise<EventNode> {
  const logged = await reads.event(lastEvent);
  if (logged !== null) return eventNode(logged);
  return { id: lastEvent, type: null, eventTime: lastSeen, producer: source, schemaURL: null, raw: null };
}

/** The SQL that the same source told of the job, else another's. */
const sqlBehind = async ({ job, source }: EvidenceNode, reads: GraphReads): Promise<string | null> =>
  job === null ? null : sqlOf(await reads.meaning(job), source);

export const evidenceTypes: Readonly<Record<string, ObjectFields>> = {
  Evidence: objectFields<EvidenceNode>(['source', 'how', 'confidence', 'firstSeen', 'lastSeen'], {
    event: (evidence, _args, { session }) => event(evidence, session.reads),
    sql: (evidence, _args, { session }) => sqlBehind(evidence, session.reads),
  }),
};
