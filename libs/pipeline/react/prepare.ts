/** Reads what a number of occasions need to be decided, in a number of calls that doesn't depend on how many there are. */
import { type GraphReader, type Run, runNodeId } from '#lineage';
import {
  type Candidate,
  isBreach,
  type MatchFacts,
  type Named,
  type NodeView,
  type ObservedChange,
  type Occasion,
  type ReadView,
  type RunView,
} from '#rules';
import { FOLLOWS, hitBy, upstreamOf } from './around.ts';
import { chainsOf } from './chains.ts';
import { dataVersions, jobInputs } from './job-inputs.ts';
import { nodeViews, withFields } from './node-views.ts';
import { RecentRuns } from './recent-runs.ts';
import type { RulesInForce } from './rules-in-force.ts';
import type { Causes } from './starters.ts';

/** An occasion with the rules that may want it, and what each may look at; incidents and causes come with the book. */
export interface Prepared {
  readonly occasion: Occasion;
  /** Of a run its job. */
  readonly node: NodeView;
  readonly candidates: readonly { readonly rule: Candidate['rule']; readonly view: ReadView }[];
  /** The likeliest cause first; of what has no cause but its own, none. */
  readonly upstream: readonly { readonly id: string; readonly name: string }[];
}

/**
 * Occasions about what isn't known any more are left out: there is nothing to decide about.
 * @param causes null: nothing is put down to our own decisions
 */
export async function prepare(
  reader: GraphReader,
  rules: RulesInForce,
  occasions: readonly Occasion[],
  now: number,
  causes: Causes | null,
): Promise<readonly Prepared[]> {
  const runs = await runsOf(reader, occasions);
  const subjectOf = ({ change }: Occasion): string | null =>
    change.subject.startsWith('run:') ? (runs.get(change.subject)?.job ?? null) : change.subject;
  const nodes = await nodeViews(reader, [...new Set(occasions.flatMap((one) => subjectOf(one) ?? []))], now);
  const readers = await readersOf(reader, rules, occasions, nodes);

  const matched = occasions.flatMap((occasion) => {
    const id = subjectOf(occasion);
    const subject = id === null ? undefined : nodes.get(id);
    if (subject === undefined) return [];
    const facts = factsOf(occasion.change, subject, readers.get(subject.id) ?? []);
    return [{ occasion, subject, candidates: rules.index.candidates(facts) }];
  });

  const wanted = matched.filter(({ candidates }) => candidates.length > 0);
  const full = await withFields(
    reader,
    wanted.map(({ subject }) => subject),
  );
  const named = [...new Set(wanted.flatMap(({ candidates }) => candidates.flatMap(({ job }) => job ?? [])))];
  const recent = new RecentRuns(reader);
  const [jobs, inputs, versions, chains] = await Promise.all([
    nodeViews(reader, named, now),
    jobInputs(reader, recent, jobsToCompare(wanted), now),
    dataVersions(
      reader,
      recent,
      wanted.flatMap(({ occasion, subject }) => (occasion.change.kind === 'dataset.updated' ? [subject.id] : [])),
      now,
    ),
    causes === null
      ? new Map<Occasion, ReadView['chain']>()
      : chainsOf(
          reader,
          recent,
          causes,
          wanted.map(({ occasion }) => occasion),
        ),
  ]);
  const prepared: Prepared[] = [];
  for (const { occasion, subject, candidates } of matched) {
    const { change } = occasion;
    const node = full.get(subject.id) ?? subject;
    const run = runView(runs.get(change.subject));
    const views = candidates.map(({ rule, job }) => {
      const about = job === null ? null : (jobs.get(job) ?? null);
      const asked = job === null || rule.when === null ? undefined : inputs.get(job);
      const view: ReadView = {
        subject: node,
        dataset: node.kind === 'dataset' ? node : null,
        job: about ?? (node.kind === 'job' ? node : null),
        run,
        incident: null,
        cause: null,
        dataVersion: versions.get(node.id)?.version ?? null,
        inputs: asked?.inputs ?? null,
        lastOutputAt: asked?.lastOutputAt ?? null,
        evidenceAt: change.seen,
        chain: chains.get(occasion) ?? [],
      };
      return { rule, view };
    });
    const above =
      views.length > 0 && FOLLOWS.has(change.kind) ? await upstreamOf(reader, subject.id, change.kind, now) : [];
    const upstream = above.map((id) => ({ id, name: nodes.get(id)?.name ?? nameIn(id) }));
    const isHitting = views.length > 0 && isBreach(change.kind) && change.hit === undefined;
    const hit = isHitting ? await hitBy(reader, subject.id) : change.hit;
    const told = hit === undefined ? occasion : { ...occasion, change: { ...change, hit } };
    prepared.push({ occasion: told, node, candidates: views, upstream });
  }
  return prepared;
}

async function runsOf(reader: GraphReader, occasions: readonly Occasion[]): Promise<ReadonlyMap<string, Run>> {
  const ids = [...new Set(occasions.map(({ change }) => change.subject).filter((id) => id.startsWith('run:')))];
  const found = ids.length === 0 ? [] : await reader.runsById(ids);
  return new Map(found.flatMap((one) => (one === null ? [] : [[runNodeId(one.run.runId), one.run] as const])));
}

/** Only where a rule names jobs: a dataset may have a thousand readers. */
async function readersOf(
  reader: GraphReader,
  { kindsWithJobs: kinds }: RulesInForce,
  occasions: readonly Occasion[],
  nodes: ReadonlyMap<string, NodeView>,
): Promise<ReadonlyMap<string, readonly Named[]>> {
  const datasets = occasions.flatMap(({ change }) => {
    const node = kinds.has(change.kind) ? nodes.get(change.subject) : undefined;
    return node?.kind === 'dataset' ? [node.id] : [];
  });
  if (datasets.length === 0) return new Map();
  const around = await reader.neighbours([...new Set(datasets)]);
  const assets = await reader.assets([...new Set([...around.values()].flatMap(({ readers }) => readers))]);
  const named = new Map(assets.flatMap((asset) => (asset === null ? [] : [[asset.id, asset] as const])));
  return new Map([...around].map(([id, { readers }]) => [id, readers.flatMap((job) => named.get(job) ?? [])]));
}

const factsOf = ({ kind }: ObservedChange, subject: NodeView, readers: readonly Named[]): MatchFacts => ({
  kind,
  subject,
  dataset: subject.kind === 'dataset' ? subject : null,
  job: subject.kind === 'job' ? subject : null,
  jobs: subject.kind === 'job' ? [subject] : readers,
});

const jobsToCompare = (matched: readonly { readonly candidates: readonly Candidate[] }[]): readonly string[] => [
  ...new Set(
    matched.flatMap(({ candidates }) => candidates.flatMap(({ rule, job }) => (rule.when === null ? [] : (job ?? [])))),
  ),
];

const runView = (run: Run | undefined): RunView | null =>
  run === undefined
    ? null
    : {
        id: run.id,
        state: run.state,
        startedAt: run.startedAt,
        endedAt: run.endedAt,
        nominalStart: run.nominalStart,
        error: run.error,
      };

/** Of what was not read: the last part of the id, which is enough for a sentence. */
const nameIn = (id: string): string => id.slice(id.lastIndexOf(':') + 1);
