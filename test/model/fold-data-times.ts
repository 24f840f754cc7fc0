/**
 * Data time by the book (docs/freshness.md): what the events contribute, and how far a dataset reaches at a moment, by
 * recursion alone. No steps, no order of work, nothing kept: circles in the lineage end because a run sees only what was
 * there before it.
 */
import { dataTimeOf } from '../../libs/lineage/continuous/data-time.ts';
import { DEFAULT_FLOW_LIMITS } from '../../libs/lineage/continuous/flow-limits.ts';
import { flowObservationOf } from '../../libs/lineage/continuous/flow-observation.ts';
import { type FlowRow, observe } from '../../libs/lineage/continuous/flow-row.ts';
import type { Delta, Name } from '../../libs/lineage/delta.ts';
import type { Contribution, DataTold, DataWrite } from '../../libs/lineage/freshness/data-time.ts';
import { parseInstant } from '../../libs/lineage/instant.ts';
import { foldRuns, type Run } from './fold-runs.ts';
import { byText, grouped, keyOf, nameKey, runOf, sortedSet } from './order.ts';
import { resolveNames } from './resolve-names.ts';

const FACET = 'headwater_freshness';
/** Of what a continuous job says of its progress in five minutes, the first word counts. */
const BUCKET = 300_000;

/** All that a set of events contributes, by key. */
export function foldContributions(deltas: readonly Delta[]): Map<string, Contribution> {
  const events = sortedSet(deltas);
  const runs = foldRuns(events);
  const names = resolveNames(events, runs);
  const node = (name: Name): string => nameKey(names.nodeOf(name)?.name ?? name);
  const all = [...writesOf(runs, node), ...watermarksOf(events, runs, node), ...progressOf(events, runs, node)];
  return new Map(all.map((contribution) => [contribution.key, contribution]));
}

/** What the events of a run name in one direction, in the run's own timelines. */
function namedBy(run: Run, direction: 'READS' | 'WRITES', node: (name: Name) => string): string[] {
  const named = run.events.flatMap(({ said }) =>
    said
      .filter(({ timeline }) => timeline.mode === 'RUN' && timeline.direction === direction)
      .flatMap(({ elements }) =>
        elements.flatMap((e) => (e.kind === 'READS' ? e.from : e.kind === 'WRITES' ? e.to : [])),
      ),
  );
  return [...new Set(named.map(node))].sort(byText);
}

const watermarkIn = (value: string | null): number | null =>
  value === null ? null : parseInstant((JSON.parse(value) as { watermark?: unknown } | null)?.watermark);

function writesOf(runs: ReadonlyMap<string, Run>, node: (name: Name) => string): DataWrite[] {
  return [...runs.values()].flatMap((run) => {
    if (run.status !== 'DONE' || run.done === null) return [];
    const { done } = run;
    const reads = namedBy(run, 'READS', node);
    return namedBy(run, 'WRITES', node).map((dataset): DataWrite => {
      const told = run.events.flatMap((event) =>
        event.facets.flatMap(({ name, asset, value }) =>
          name === FACET && asset.kind === 'dataset' && node(asset) === dataset && writes(event, dataset, node)
            ? (watermarkIn(value) ?? [])
            : [],
        ),
      );
      return {
        kind: 'write',
        key: keyOf('write', run.key, dataset),
        dataset,
        job: run.job.name,
        start: run.start,
        at: done,
        cap: run.nominalEnd ?? run.nominalStart,
        watermark: told.length === 0 ? null : Math.max(...told),
        inputs: reads.filter((input) => input !== dataset),
        readsItself: reads.includes(dataset),
      };
    });
  });
}

const writes = (event: Delta, dataset: string, node: (name: Name) => string): boolean =>
  event.said.some(
    ({ timeline, elements }) =>
      timeline.mode === 'RUN' && elements.some((e) => e.kind === 'WRITES' && node(e.to) === dataset),
  );

/** Watermarks that are no word of a batch run on what it writes. */
function watermarksOf(
  events: readonly Delta[],
  runs: ReadonlyMap<string, Run>,
  node: (name: Name) => string,
): DataTold[] {
  return events.flatMap((event) =>
    event.facets.flatMap(({ name, asset, scope, value }): DataTold[] => {
      const reach = name === FACET && asset.kind === 'dataset' ? watermarkIn(value) : null;
      if (reach === null) return [];
      const dataset = node(asset);
      const run = runs.get(runOf(event) ?? '');
      if (run !== undefined && run.status !== 'LIVE' && writes(event, dataset, node)) return [];
      const { t, h } = event.stamp;
      const key = keyOf('told', dataset, t, h, scope, nameKey(asset));
      return [{ kind: 'told', key, dataset, job: null, at: t, reach, bound: reach, because: 'its watermark' }];
    }),
  );
}

/** Continuous jobs: how far what they write reaches, at each word on their progress. */
function progressOf(
  events: readonly Delta[],
  runs: ReadonlyMap<string, Run>,
  node: (name: Name) => string,
): DataTold[] {
  const told: DataTold[] = [];
  const live = [...runs.values()].filter(({ status }) => status === 'LIVE');
  for (const own of grouped(live, ({ job }) => nameKey(job)).values()) {
    const [first] = own;
    if (first === undefined) continue;
    const { job } = first;
    let row: FlowRow | null = null;
    const spoken = new Set<string>();
    for (const event of events) {
      const observation = flowObservationOf(event);
      if (observation === null || event.job === null || nameKey(event.job) !== nameKey(job)) continue;
      row = observe(row, observation);
      const run = own.find(({ key }) => key === runOf(event));
      if (run === undefined || event.progress === null) continue;
      const bucket = keyOf(run.key, Math.floor(event.stamp.t / BUCKET));
      if (spoken.has(bucket)) continue;
      spoken.add(bucket);
      const time = dataTimeOf(row, DEFAULT_FLOW_LIMITS);
      for (const dataset of namedBy(run, 'WRITES', node)) {
        told.push({
          kind: 'told',
          key: keyOf('progress', run.key, dataset, event.stamp.t),
          dataset,
          job: job.name,
          at: event.stamp.t,
          reach: time.at,
          bound: time.at ?? event.stamp.t,
          because: time.at === null ? time.reason : `the ${time.by.toLowerCase()} of ${job.name}`,
        });
      }
    }
    for (const run of own.filter(
      ({ key }) => !told.some((one) => one.key.includes(JSON.stringify(key).slice(1, -1))),
    )) {
      for (const dataset of namedBy(run, 'WRITES', node)) {
        const because = `${job.name} told nothing of its progress`;
        const key = keyOf('silent', run.key, dataset);
        told.push({
          kind: 'told',
          key,
          dataset,
          job: job.name,
          at: run.start,
          reach: null,
          bound: run.lastSeen,
          because,
        });
      }
    }
  }
  return told;
}

/** How far a dataset reaches: `at` null where unknown, and then no further than `upTo`. */
export interface Reached {
  readonly at: number | null;
  readonly upTo: number;
}

/** By recursion, after all that was done by `until`, as a run sees it that is `after` all of that instant, or not. */
export function reachedBy(
  all: readonly Contribution[],
  dataset: string,
  until: number,
  seesInstants: boolean,
): Reached {
  const counted = all.filter(
    (one) => one.dataset === dataset && (one.at < until || (one.at === until && (seesInstants || !isInstant(one)))),
  );
  const values = counted.flatMap((one) => {
    const value = reachOf(all, one);
    return value === null ? [] : { one, value };
  });
  const isOwn = (one: Contribution): boolean => (one.kind === 'told' ? one.job === null : one.watermark !== null);
  const own = values.some(({ one }) => isOwn(one));
  const isBare = (one: Contribution): boolean =>
    one.kind === 'write' && one.watermark === null && one.inputs.length === 0;
  const known = values.flatMap(({ one, value }) => (value.at !== null && !(own && isBare(one)) ? value.at : []));
  const open = own ? [] : values.flatMap(({ value }) => (value.at === null ? value.upTo : []));
  const best = Math.max(...known);
  const most = Math.max(...open);
  if (most > best) return { at: null, upTo: most };
  return known.length === 0 ? { at: null, upTo: Number.POSITIVE_INFINITY } : { at: best, upTo: best };
}

/** It began and ended in one instant. */
const isInstant = (one: Contribution): boolean => one.kind === 'write' && one.start === one.at;

function reachOf(all: readonly Contribution[], one: Contribution): Reached | null {
  if (one.kind === 'told') return { at: one.reach, upTo: one.reach ?? one.bound };
  const { start, cap, watermark, inputs, readsItself } = one;
  if (watermark !== null) return { at: watermark, upTo: watermark };
  const most = Math.min(start, cap ?? start);
  if (inputs.length === 0) return readsItself ? null : { at: most, upTo: most };
  const seen = inputs.map((input) => reachedBy(all, input, start, !isInstant(one)));
  const least = Math.min(...seen.map(({ upTo }) => upTo));
  if (seen.some(({ at }) => at === null)) return { at: null, upTo: Math.min(most, least) };
  const reach = Math.min(least, cap ?? least);
  return { at: reach, upTo: reach };
}
