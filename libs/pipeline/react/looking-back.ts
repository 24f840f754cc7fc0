/** Why nothing was decided, and what would have been: views of what is known now, for rules that are asked about. */
import type { Change, GraphReader } from '#lineage';
import {
  breachesEndedBy,
  type DryRun,
  dryRun,
  type Explanation,
  explainSilence,
  isAskedByInput,
  type Moment,
  NO_RULES,
  type NodeView,
  type ObservedChange,
  occasionOfChange,
  type ReadView,
  RULE_KINDS,
  type Rule,
} from '#rules';
import { jobInputs, jobInputsAt } from './job-inputs.ts';
import { nodeViews, withFields } from './node-views.ts';
import { type Prepared, prepare } from './prepare.ts';
import { RecentRuns } from './recent-runs.ts';
import { inForce } from './rules-in-force.ts';
import { runIn } from './runs-behind.ts';

const PAGE = 1_000;
/** Changes of one subject that are looked through for the last one. */
const MOST_LOOKED_AT = 20_000;
/** Changes that one dry run plays. */
const MOST_PLAYED = 20_000;
/** Runs of a job that one looks through: three months of one each hour. */
const MOST_RUNS = 2_000;

/** null: nothing is known by that id. */
export async function whyNothing(
  reader: GraphReader,
  rule: Rule,
  subject: string,
  at: number,
): Promise<Explanation | null> {
  const node = (await nodeViews(reader, [subject], at)).get(subject);
  if (node === undefined) return null;
  const full = (await withFields(reader, [node])).get(node.id) ?? node;
  const last = await lastChange(reader, rule, await subjectsAsked(reader, rule, node.id), at);
  return explainSilence(rule, await viewOf(reader, rule, full, at), last, at);
}

/** What decisions about a node have as their subject: it, or, of a job, what it reads. */
export async function subjectsAsked(reader: GraphReader, rule: Rule, node: string): Promise<readonly string[]> {
  if (!node.startsWith('job:') || !isAskedByInput(rule)) return [node];
  return [node, ...((await reader.neighbours([node])).get(node)?.reads ?? [])];
}

async function viewOf(reader: GraphReader, rule: Rule, node: NodeView, at: number): Promise<ReadView> {
  const view = plainView(node, at);
  if (!isAskedByInput(rule) || node.kind === 'source') return view;
  const readers = node.kind === 'job' ? [] : ((await reader.neighbours([node.id])).get(node.id)?.readers ?? []);
  const jobs = node.kind === 'job' ? [node] : [...(await nodeViews(reader, readers, at)).values()];
  const job = jobs.find((one) => [one.id, ...one.aliases].some((id) => rule.jobs?.includes(id)));
  if (job === undefined) return view;
  const asked =
    rule.when === null ? undefined : (await jobInputs(reader, new RecentRuns(reader), [job.id], at)).get(job.id);
  return { ...view, job, inputs: asked?.inputs ?? null, lastOutputAt: asked?.lastOutputAt ?? null };
}

async function lastChange(
  reader: GraphReader,
  { on }: Rule,
  subjects: readonly string[],
  at: number,
): Promise<Change | null> {
  let last: Change | null = null;
  let after: string | null = null;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += PAGE) {
    const page: Awaited<ReturnType<GraphReader['changes']>> = await reader.changes({
      kinds: on,
      subjects,
      since: null,
      breaking: null,
      first: PAGE,
      after,
    });
    last = page.items.findLast((change) => change.seen <= at) ?? last;
    if (page.next === null) break;
    after = page.next;
  }
  return last;
}

/**
 * Plays a rule over the changes that hold in [from, to). Versions of data are those of then, by event time. Conditions see tags, owners,
 * fields and the lineage as they are now: what they were then isn't kept. Nothing is put down to our own triggers. `cut`: there were more
 * changes than are played.
 */
export async function playBack(reader: GraphReader, rule: Rule, from: number, to: number): Promise<DryRun> {
  const kinds = RULE_KINDS.filter(
    (kind) => rule.on.includes(kind) || breachesEndedBy(kind).some((breach) => rule.on.some((on) => on === breach)),
  );
  const moments: (Moment & Pick<Prepared, 'upstream'>)[] = [];
  const broken = new Set<string>();
  let after: string | null = null;
  let cut = false;
  for (let played = 0; ; played += PAGE) {
    const page: Awaited<ReturnType<GraphReader['changes']>> = await reader.changes({
      kinds,
      subjects: null,
      since: from,
      breaking: null,
      first: PAGE,
      after,
    });
    const changes = page.items.filter(({ at }) => at < to);
    for (const one of await prepare(
      reader,
      inForce({ ...NO_RULES, rules: [rule] }),
      changes.map(occasionOfChange),
      to,
      null,
    )) {
      const { seen } = one.occasion.change;
      // What the rule isn't about may end what it began.
      const isEnd = one.candidates.length === 0 && !kindIsOf(rule, one.occasion.change.kind);
      const views = isEnd ? [plainView(one.node, seen)] : one.candidates.map(({ view }) => view);
      for (const view of views) moments.push({ occasion: one.occasion, view, at: seen, upstream: one.upstream });
      if (one.candidates.length > 0) broken.add(one.node.id);
    }
    if (page.next === null) break;
    after = page.next;
    cut = played + PAGE >= MOST_PLAYED;
    if (cut) break;
  }
  const then = await dataThen(reader, rule, moments, to);
  const result = dryRun(
    rule,
    moments.map(({ occasion, view, at, upstream }) => {
      const cause = upstream.find(({ id }) => broken.has(id));
      const put = cause === undefined ? null : { subject: cause.id, name: cause.name, incident: '' };
      return { occasion, view: { ...then(occasion.change, view), cause: put }, at };
    }),
  );
  return { ...result, cut: cut || result.cut };
}

/** The view with the data as it was at the time of the change: `prepare` reads it as it is. */
async function dataThen(
  reader: GraphReader,
  rule: Rule,
  moments: readonly Moment[],
  to: number,
): Promise<(change: ObservedChange, view: ReadView) => ReadView> {
  const jobs = rule.when === null ? [] : [...new Set(moments.flatMap(({ view }) => view.job?.id ?? []))];
  const inputsAt = await jobInputsAt(reader, new RecentRuns(reader, MOST_RUNS), jobs, to);
  return (change, view) => {
    const dataVersion = runIn(change.after) ?? view.dataVersion;
    return rule.when === null || view.job === null
      ? { ...view, dataVersion }
      : { ...view, dataVersion, ...inputsAt(view.job.id, change.at) };
  };
}

const kindIsOf = (rule: Rule, kind: string): boolean => rule.on.some((on) => on === kind);

const plainView = (node: NodeView, at: number): ReadView => ({
  subject: node,
  dataset: node.kind === 'dataset' ? node : null,
  job: node.kind === 'job' ? node : null,
  run: null,
  incident: null,
  cause: null,
  dataVersion: null,
  inputs: null,
  lastOutputAt: null,
  evidenceAt: at,
  chain: [],
});
