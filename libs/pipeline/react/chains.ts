/**
 * Which of our own decisions caused a change, for the loop guard. What we ask for carries a key, the delivery's id:
 *
 * ```
 * decision ─▶ delivery dlv_7 ─▶ Airflow's dagRun headwater__dlv_7 ─▶ its task, whose facets name the dagRun ─▶ writes mart
 *                               a run with the tag headwater=dlv_7, of whoever got the webhook              ─▶ writes mart
 * mart was updated ◀── by a run ◀── its parents, and the runs that it depends on: the nearest with a key tells the decision
 * ```
 *
 * Where no run has one, the nearest run counts that may be what a decision started, by its job or the lineage and by when it
 * began: first the run itself, then those that wrote what it read. A decision keeps its own chain, so that the one before
 * it is known too, however long ago it was.
 */
import { type Facet, type GraphReader, type Run, runNodeId } from '#lineage';
import {
  CAUSED_WITHIN,
  type CauseLink,
  CLOCKS_APART,
  type Decision,
  mayHaveStarted,
  type ObservedChange,
  type Occasion,
} from '#rules';
import type { RecentRuns } from './recent-runs.ts';
import { lastRunsOf, runsBehind } from './runs-behind.ts';
import type { Causes } from './starters.ts';

/** As it stands in ids, names, parameters, tags: see `deliveryId`. */
const KEY = /\bdlv_[0-9a-f]{32}(?![0-9a-f])|(?<=__)dlv_[0-9a-f]{32}(?![0-9a-f])/g;
/** Where runs carry it: Airflow's own facets, and those of the spec that take anybody's words. */
const KEY_FACETS = [
  'airflow',
  'airflowDagRun',
  'jobDependencies',
  'tags',
  'executionParameters',
  'environmentVariables',
] as const;
/** A query is part of a task, that of a DAG run, that follows from another: runs above one that are looked at. */
const LEVELS = 6;
const MOST_RUNS = 2_000;

type Chain = readonly CauseLink[];

/** By occasion; those without any are left out. */
export async function chainsOf(
  reader: GraphReader,
  runs: RecentRuns,
  { kept, any, recent }: Causes,
  occasions: readonly Occasion[],
): Promise<ReadonlyMap<Occasion, Chain>> {
  const chains = new Map<Occasion, Chain>();
  for (const occasion of occasions) {
    const chain = await remarkChain(kept, occasion.change);
    if (chain.length > 0) chains.set(occasion, chain);
  }
  if (!any) return chains;
  const behind = await runsBehind(reader, runs, occasions);
  const byKey = await keyedChains(reader, kept, [...new Set([...behind.values()])]);
  const without = [...new Set([...behind.values()])].filter((run) => !byKey.has(run));
  const byLineage = recent.length === 0 ? new Map<Run, Chain>() : await guessedChains(reader, runs, recent, without);
  for (const [occasion, run] of behind) {
    const chain = byKey.get(run) ?? byLineage.get(run);
    if (chain !== undefined) chains.set(occasion, chain);
  }
  return chains;
}

const linkOf = ({ id, rule, subject, job, at }: Decision, how: CauseLink['how'], through: string): CauseLink => ({
  decision: id,
  rule,
  subject,
  job,
  at,
  how,
  through,
});

/** Our own annotation is signed by its rule: the last time that it fired there, it wrote it. */
async function remarkChain(kept: Causes['kept'], { kind, subject, after }: ObservedChange): Promise<Chain> {
  const by = kind === 'annotation.added' ? textAt(after, 'by') : null;
  if (by === null || !by.startsWith('rule:')) return [];
  const rule = by.slice('rule:'.length);
  const query = { rules: [rule], verdicts: ['FIRED' as const], since: null, until: null, first: 1, after: null };
  const [here] = (await kept.decisions({ ...query, subjects: [subject] })).items;
  // What is annotated upstream of it is another subject.
  const [last] = here === undefined ? (await kept.decisions({ ...query, subjects: null })).items : [here];
  return last === undefined ? [] : [{ ...linkOf(last, 'KEY', subject), subject }, ...last.chain];
}

interface RunAbove {
  readonly keys: readonly string[];
  /** Its parents, and what it follows from. */
  readonly above: readonly string[];
}

async function keyedChains(
  reader: GraphReader,
  kept: Causes['kept'],
  runs: readonly Run[],
): Promise<ReadonlyMap<Run, Chain>> {
  const known = await runsAbove(
    reader,
    runs.map(({ runId }) => runNodeId(runId)),
  );
  const keys = [...new Set([...known.values()].flatMap((one) => one.keys))];
  if (keys.length === 0) return new Map();
  const asked = await kept.askedFor(keys);
  return new Map(
    runs.flatMap((run) => {
      const order = new Set([runNodeId(run.runId)]);
      // A set goes on with what is added while it is walked: the nearest first.
      for (const id of order) {
        const one = known.get(id);
        const [decision] = one?.keys.flatMap((key) => asked.get(key) ?? []) ?? [];
        if (decision !== undefined) return [[run, [linkOf(decision, 'KEY', id), ...decision.chain]] as const];
        for (const above of one?.above ?? []) order.add(above);
      }
      return [];
    }),
  );
}

/** These runs and those above them, by node id. */
async function runsAbove(reader: GraphReader, ids: readonly string[]): Promise<ReadonlyMap<string, RunAbove>> {
  const known = new Map<string, RunAbove>();
  let level = [...new Set(ids)];
  for (let n = 0; n < LEVELS && level.length > 0 && known.size < MOST_RUNS; n++) {
    const [facets, found] = await Promise.all([reader.runFacets(level, KEY_FACETS), reader.runsById(level)]);
    for (const [i, id] of level.entries()) known.set(id, runAbove(facets.get(id) ?? [], found[i]?.run ?? null));
    level = [...new Set(level.flatMap((id) => known.get(id)?.above ?? []))].filter((id) => !known.has(id));
  }
  return known;
}

function runAbove(facets: readonly Facet[], run: Run | null): RunAbove {
  const keys = facets.flatMap(({ value }) => JSON.stringify(value).match(KEY) ?? []);
  const follows = facets.flatMap(({ name, value }) => (name === 'jobDependencies' ? upstreamRuns(value) : []));
  const parents = [run?.parent?.runId, run?.root?.runId].filter((id) => id !== undefined);
  return { keys: [...new Set(keys)], above: [...parents, ...follows].map(runNodeId) };
}

function upstreamRuns(dependencies: unknown): readonly string[] {
  const upstream = memberOf(dependencies, 'upstream');
  if (!Array.isArray(upstream)) return [];
  return upstream.flatMap((one) => textAt(memberOf(one, 'run'), 'runId') ?? []);
}

/**
 * By when and by the lineage. Of several decisions the latest counts.
 * @param recent newest first
 */
async function guessedChains(
  reader: GraphReader,
  runsOf: RecentRuns,
  recent: readonly Decision[],
  runs: readonly Run[],
): Promise<ReadonlyMap<Run, Chain>> {
  const found = new Map<Run, Chain>();
  const oldest = (recent.at(-1)?.at ?? 0) - CLOCKS_APART;
  /** A run that is looked at, for the one at the end of the path. */
  let level = runs.filter(({ startedAt }) => startedAt >= oldest).map((run) => ({ origin: run, run }));
  for (let n = 0; n < LEVELS && level.length > 0; n++) {
    for (const { origin, run } of level) {
      if (found.has(origin)) continue;
      const { job, parent, root, reads, writes, startedAt } = run;
      const observed = {
        jobs: [job, parent?.job, root?.job].filter((id) => id !== undefined),
        reads,
        writes,
        startedAt,
      };
      const decision = recent.find((one) => mayHaveStarted(one, observed));
      if (decision !== undefined)
        found.set(origin, [linkOf(decision, 'LINEAGE', runNodeId(run.runId)), ...decision.chain]);
    }
    const open = level.filter(({ origin }) => !found.has(origin));
    const sources = await writersBefore(
      reader,
      runsOf,
      open.map(({ run }) => run),
      oldest,
    );
    level = open
      .flatMap(({ origin, run }) => (sources.get(run) ?? []).map((before) => ({ origin, run: before })))
      .slice(0, MOST_RUNS);
  }
  return found;
}

/** Of each run those that had written what it read, soon before it began. */
async function writersBefore(
  reader: GraphReader,
  runsOf: RecentRuns,
  runs: readonly Run[],
  oldest: number,
): Promise<ReadonlyMap<Run, readonly Run[]>> {
  const read = new Map(runs.map((run) => [run, run.reads.filter((id) => !run.writes.includes(id))] as const));
  const writings = await lastRunsOf(reader, runsOf, [...new Set([...read.values()].flat())]);
  return new Map(
    [...read].map(([run, datasets]) => [
      run,
      datasets.flatMap((dataset) => {
        const before = writings
          .get(dataset)
          ?.find((one) => one.at <= run.startedAt + CLOCKS_APART && one.run.startedAt < run.startedAt);
        const soon = before !== undefined && before.at >= oldest && run.startedAt - before.at <= CAUSED_WITHIN;
        return soon ? [before.run] : [];
      }),
    ]),
  );
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

function textAt(value: unknown, name: string): string | null {
  const found = memberOf(value, name);
  return typeof found === 'string' ? found : null;
}
