import type { Change, Flow, HourOfActivity, InputProgress } from '#lineage';
import { changeStream } from '../change-stream.ts';
import { ids, period } from '../check-arguments.ts';
import type { GraphReads } from '../graph-reads.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';

interface FlowNode extends Flow {
  readonly job: string;
}

export async function flowNode(job: string, reads: GraphReads): Promise<FlowNode | null> {
  const flow = await reads.flow(job);
  return flow === null ? null : { ...flow, job };
}

interface Period {
  readonly from: number;
  readonly to: number;
}

function activity(
  { job }: FlowNode,
  { from, to }: Period,
  { session }: GraphqlContext,
): Promise<readonly HourOfActivity[]> {
  period(from, to);
  return session.reads.activity(job, from, to);
}

/** A job's flow may have another state after these. */
const FLOW_KINDS: ReadonlySet<Change['kind']> = new Set<Change['kind']>([
  'job.flowing',
  'job.idle',
  'job.lagging',
  'job.stalled',
  'job.silent',
  'job.stopped',
  'job.recovered',
  'job.type',
]);

/** Ids of jobs: first each once, so that a client sees where it starts from, then one for each change of its flow. */
async function flows(given: readonly string[], session: Session): Promise<AsyncIterator<string>> {
  session.require('read');
  const asked = ids('jobs', given, session.limits);
  const resolved = (await session.reads.reader.resolve(asked)).filter((id) => id !== null);
  // One that nothing is known of yet may come: it is listened for by the id it was asked by.
  const jobs: ReadonlySet<string> = new Set([...asked, ...resolved]);
  const stream = changeStream(
    session,
    (change) => FLOW_KINDS.has(change.kind) && jobs.has(change.subject),
    ({ subject }) => subject,
  );
  stream.push(resolved);
  return stream;
}

export const flowSubscription: ObjectFields = {
  plain: [],
  resolve: { flow: (job: string, _args: object, { session }: GraphqlContext) => session.reads.asset(job) },
  subscribe: {
    flow: (_root: unknown, { jobs }: { jobs: readonly string[] }, { session }: GraphqlContext) => flows(jobs, session),
  },
};

export const continuousTypes: Readonly<Record<string, ObjectFields>> = {
  Flow: objectFields<FlowNode>(
    ['state', 'since', 'reason', 'lag', 'lagSeconds', 'watermark', 'throughput', 'lastSeen', 'usualInterval', 'inputs'],
    { activity },
  ),
  InputProgress: objectFields<InputProgress>([
    'dataset',
    'partition',
    'position',
    'endPosition',
    'lag',
    'watermark',
    'at',
  ]),
  HourOfActivity: objectFields<HourOfActivity>(['hour', 'observations', 'records']),
};
