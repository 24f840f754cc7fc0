import type { ColumnEdge, Confidence, Evidence, Interval, Transformation } from '#lineage';

/** A store keeps one edge for each thing a job does with a column; a reader wants one edge with all of these. */
export interface JoinedColumnEdge extends Omit<ColumnEdge, 'transformation'> {
  readonly transformations: readonly Transformation[];
}

/** One edge for each (from, to, job), with the id of the smallest of those it joins, sorted by id. */
export function joinColumnEdges(edges: readonly ColumnEdge[]): readonly JoinedColumnEdge[] {
  const groups = new Map<string, ColumnEdge[]>();
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to, edge.job]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [edge]);
    else group.push(edge);
  }
  return [...groups.values()].flatMap((group) => joinGroup(group.sort(byId))).sort(byId);
}

function joinGroup(group: readonly ColumnEdge[]): JoinedColumnEdge[] {
  const [first] = group;
  if (first === undefined) return [];
  const { transformation, ...edge } = first;
  if (group.length === 1) return [{ ...edge, transformations: [transformation] }];
  return [
    {
      ...edge,
      transformations: group.map((one) => one.transformation),
      current: group.some((one) => one.current),
      intervals: union(group.flatMap((one) => one.intervals)),
      evidence: joinEvidence(group.flatMap((one) => one.evidence)),
    },
  ];
}

/** Touching intervals are one. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const joined: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || (last.to !== null && last.to < next.from)) joined.push(next);
    else joined[joined.length - 1] = { from: last.from, to: later(last.to, next.to) };
  }
  return joined;
}

const later = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : Math.max(a, b));

/** One for each source, from its first word to its last; how and confidence are those of the last. */
function joinEvidence(evidence: readonly Evidence[]): readonly Evidence[] {
  const bySource = new Map<string, Evidence>();
  for (const one of evidence) {
    const other = bySource.get(one.source);
    bySource.set(one.source, other === undefined ? one : joinTwo(other, one));
  }
  return [...bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

function joinTwo(a: Evidence, b: Evidence): Evidence {
  const [first] = [a, b].sort((x, y) => x.firstSeen - y.firstSeen || (x.firstEvent < y.firstEvent ? -1 : 1));
  const [last] = [a, b].sort((x, y) => y.lastSeen - x.lastSeen || (x.lastEvent > y.lastEvent ? -1 : 1));
  return { ...(last ?? a), firstSeen: (first ?? a).firstSeen, firstEvent: (first ?? a).firstEvent };
}

/** That of the strongest evidence: a second, weaker witness makes nothing less certain. */
export function strongest(evidence: readonly Evidence[]): Confidence {
  for (const confidence of ['CERTAIN', 'LIKELY'] as const) {
    if (evidence.some((one) => one.confidence === confidence)) return confidence;
  }
  return 'POSSIBLE';
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
