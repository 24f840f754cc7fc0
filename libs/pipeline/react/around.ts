/** What lies around something that broke: upstream, where to look for what broke it, and downstream, whom it hits. */
import { type GraphReader, type Lineage, offersFreshnessReads } from '#lineage';

/**
 * Breaches that follow from others: what comes late upstream comes late downstream. A run that fails, or a stream that stalls,
 * has a cause of its own, and people must hear of it whatever is late upstream.
 */
export const FOLLOWS: ReadonlySet<string> = new Set([
  'freshness.warned',
  'freshness.failed',
  'run.missing',
  'volume.anomaly',
]);

/** Beyond that nobody looks for a cause. */
const DEPTH = 50;
const MOST_NODES = 2_000;

/**
 * Node ids, the likeliest cause first. Of a breach of freshness that is the path by which the dataset's data time came about;
 * then everything upstream by the lineage, the nearest first.
 */
export async function upstreamOf(
  reader: GraphReader,
  subject: string,
  kind: string,
  now: number,
): Promise<readonly string[]> {
  const path = kind.startsWith('freshness.') ? await dataTimePath(reader, subject, now) : [];
  const lineage = await reader.lineage({
    of: [subject],
    direction: 'UPSTREAM',
    depth: DEPTH,
    limit: MOST_NODES,
    asOf: null,
    details: false,
  });
  const found = new Set([...path, ...nearestFirst(lineage, subject)]);
  found.delete(subject);
  return [...found];
}

/** The datasets downstream, sorted. */
export async function hitBy(reader: GraphReader, subject: string): Promise<readonly string[]> {
  const { nodes } = await reader.lineage({
    of: [subject],
    direction: 'DOWNSTREAM',
    depth: DEPTH,
    limit: MOST_NODES,
    asOf: null,
    details: false,
  });
  return nodes.flatMap(({ id, kind }) => (kind === 'dataset' && id !== subject ? [id] : [])).sort();
}

async function dataTimePath(reader: GraphReader, subject: string, now: number): Promise<readonly string[]> {
  if (!offersFreshnessReads(reader) || !subject.startsWith('dataset:')) return [];
  const answer = (await reader.freshness([subject], now)).get(subject);
  return answer?.why.map(({ at }) => at) ?? [];
}

function nearestFirst({ edges }: Lineage, subject: string): readonly string[] {
  const into = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const others = into.get(to);
    if (others === undefined) into.set(to, [from]);
    else others.push(from);
  }
  const order = new Set([subject]);
  // A set goes on with what is added while it is walked: breadth first.
  for (const id of order) for (const above of into.get(id) ?? []) order.add(above);
  return [...order];
}
