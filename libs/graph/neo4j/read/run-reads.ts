/** Reads about runs, versions, flow and activity of jobs. */
import {
  type ActivityRow,
  type Facet,
  type Flow,
  type FlowLimits,
  flowAt,
  type HourOfActivity,
  hourOf,
  hoursOfActivity,
  type JobVersion,
  type KeptFlow,
  type Page,
  parseNodeId,
  type Run,
  runNodeId,
} from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import * as asking from '../queries/run-queries.ts';
import { instantText } from './instant-text.ts';
import { findNodes } from './node-finder.ts';

export class RunReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Newest start first; `after` is START|ID of the last one shown. */
  async pages(jobs: readonly string[], first: number, after: string | null): Promise<Map<string, Page<Run>>> {
    const nodes = await findNodes(this.#statements, jobs);
    const ids = [...new Set(nodes.values())];
    const [at, id] = placeOf(after);
    const shown = new Map<string, PropertyReader[]>();
    // Those of one instant come again until their ids are past; one more tells whether there are more.
    let rest = ids;
    for (let most = first; rest.length > 0; most *= 2) {
      const rows = await this.#statements.run(at === null ? asking.NEWEST_RUNS : asking.RUNS_UP_TO, {
        ids: rest,
        first: most,
        at,
      });
      const byJob = groupedBy(
        rows.map((row) => new PropertyReader(row)),
        (row) => row.text('id'),
      );
      for (const job of rest) {
        const runs = (byJob.get(job) ?? []).map((row) => row.of('run'));
        const later = runs.filter((run) => at === null || run.text('startedAt') < at || run.text('id') < id);
        shown.set(job, later.slice(0, first));
      }
      rest = rest.filter((job) => (byJob.get(job)?.length ?? 0) === most && (shown.get(job)?.length ?? 0) < first);
    }
    const counted = await this.#statements.run(asking.COUNT_RUNS, { ids });
    const totals = new Map(counted.map((row) => [String(row['id']), Number(row['n'])]));
    const runs = await this.#runs([...shown.values()].flat());
    return new Map(
      [...nodes].map(([asked, job]) => {
        const own = shown.get(job) ?? [];
        const last = own.at(-1);
        const next = own.length < first || last === undefined ? null : `${last.text('startedAt')}|${last.text('id')}`;
        return [asked, { items: own.flatMap((run) => runs.get(run) ?? []), next, total: totals.get(job) ?? 0 }];
      }),
    );
  }

  /** Of the jobs that have any: the newest starts, at most `first`. */
  async newest(jobs: readonly string[], first: number): Promise<Map<string, readonly Run[]>> {
    const nodes = await findNodes(this.#statements, jobs);
    const rows = await this.#statements.run(asking.NEWEST_RUNS, { ids: [...new Set(nodes.values())], first });
    const read = rows.map((row) => ({ job: String(row['id']), run: new PropertyReader(row).of('run') }));
    const runs = await this.#runs(read.map(({ run }) => run));
    const byJob = groupedBy(read, ({ job }) => job);
    return new Map(
      [...nodes].flatMap(([asked, job]) => {
        const own = (byJob.get(job) ?? []).flatMap(({ run }) => runs.get(run) ?? []);
        return own.length === 0 ? [] : [[asked, own] as const];
      }),
    );
  }

  async byId(ids: readonly string[]): Promise<({ run: Run; otherJobs: string[] } | null)[]> {
    const found = await this.#found(asking.RUNS_BY_ID, ids);
    const earliest = await this.#runs([...found.values()].flatMap(([first]) => first ?? []));
    return ids.map((id) => {
      const [first, ...others] = found.get(id) ?? [];
      const run = first === undefined ? undefined : earliest.get(first);
      return run === undefined ? null : { run, otherJobs: others.map((other) => other.text('job')) };
    });
  }

  async facets(ids: readonly string[], names: readonly string[] | null): Promise<Map<string, readonly Facet[]>> {
    const found = await this.#found(asking.RUN_FACETS, ids);
    return new Map(
      ids.map((id) => {
        const facets = (found.get(id)?.[0]?.json('facets') ?? []) as readonly Facet[];
        return [id, facets.filter(({ name }) => names === null || names.includes(name))];
      }),
    );
  }

  async events(ids: readonly string[], first: number): Promise<Map<string, readonly string[]>> {
    const found = await this.#found(asking.RUN_EVENTS, ids);
    return new Map(ids.map((id) => [id, (found.get(id)?.[0]?.list('events') ?? []).slice(0, first)]));
  }

  async versions(jobs: readonly string[], first: number): Promise<Map<string, readonly JobVersion[]>> {
    return this.#ofJobs(jobs, asking.READ_JOB_VERSIONS, { first }, (rows) =>
      rows.map((row): JobVersion => {
        const version = row.of('version');
        return {
          id: version.text('id'),
          from: version.time('since'),
          to: version.timeOrNull('until'),
          reads: version.list('reads'),
          writes: version.list('writes'),
          sql: version.textOrNull('sql'),
          codeLocation: version.textOrNull('codeLocation'),
        };
      }),
    );
  }

  /** Of the continuous ones that were observed. */
  async flows(jobs: readonly string[], now: number, limits: FlowLimits): Promise<Map<string, Flow>> {
    const kept = await this.#ofJobs(jobs, asking.READ_FLOWS, {}, ([row]) => row?.json('flow') as KeptFlow | undefined);
    return new Map([...kept].flatMap(([id, flow]) => (flow === undefined ? [] : [[id, flowAt(flow, now, limits)]])));
  }

  async activity(jobs: readonly string[], from: number, to: number): Promise<Map<string, readonly HourOfActivity[]>> {
    const range = { from: instantText(hourOf(from)), to: instantText(hourOf(to)) };
    const before = await this.#ofJobs(jobs, asking.READ_HOUR_BEFORE, range, ([row]) => row?.json('detail') ?? null);
    return this.#ofJobs(jobs, asking.READ_HOURS, range, (rows, id) =>
      hoursFrom(
        rows.map((row) => row.of('hour')),
        (before.get(id) ?? null) as ActivityRow | null,
      ),
    );
  }

  /** Rows of each job, by the id that was asked for. */
  async #ofJobs<T>(
    jobs: readonly string[],
    query: string,
    more: Readonly<Record<string, unknown>>,
    read: (rows: readonly PropertyReader[], id: string) => T,
  ): Promise<Map<string, T>> {
    const nodes = await findNodes(this.#statements, jobs);
    const rows = await this.#statements.run(query, { ids: [...new Set(nodes.values())], ...more });
    const byJob = groupedBy(
      rows.map((row) => new PropertyReader(row)),
      (row) => row.text('id'),
    );
    return new Map([...nodes].map(([id, job]) => [id, read(byJob.get(job) ?? [], id)]));
  }

  /** Runs of an id, the earliest first. */
  async #found(query: string, ids: readonly string[]): Promise<Map<string, readonly PropertyReader[]>> {
    const bare = new Map(ids.map((id) => [id, runIdsOf(id)]));
    const rows = await this.#statements.run(query, { ids: [...new Set([...bare.values()].flat())] });
    const byRunId = groupedBy(rows, (row) => String(row['id']));
    return new Map(
      [...bare].map(([id, texts]) => {
        const known = texts.find((text) => byRunId.has(text));
        const runs = (known === undefined ? [] : (byRunId.get(known) ?? [])).map((row) =>
          new PropertyReader(row).of('run'),
        );
        return [id, runs.sort((a, b) => (placeIn(a) < placeIn(b) ? -1 : 1))];
      }),
    );
  }

  /** What they read and wrote, by the nodes that it is part of now. */
  async #runs(read: readonly PropertyReader[]): Promise<Map<PropertyReader, Run>> {
    const named = new Set(read.flatMap((run) => [...run.list('reads'), ...run.list('writes')]));
    const nodes = await findNodes(this.#statements, [...named]);
    const nodesOf = (ids: readonly string[]): string[] => [...new Set(ids.map((id) => nodes.get(id) ?? id))].sort();
    return new Map(read.map((run) => [run, runOf(run, nodesOf)]));
  }
}

function runOf(p: PropertyReader, nodesOf: (ids: readonly string[]) => string[]): Run {
  return {
    id: `run:${p.text('runId')}`,
    runId: p.text('runId'),
    job: p.text('job'),
    state: p.text('state') as Run['state'],
    processing: p.text('processingType') as Run['processing'],
    nominalStart: p.timeOrNull('nominalStart'),
    nominalEnd: p.timeOrNull('nominalEnd'),
    startedAt: p.time('startedAt'),
    endedAt: p.timeOrNull('endedAt'),
    lastSeen: p.time('lastSeen'),
    parent: p.json('parent') as Run['parent'],
    root: p.json('root') as Run['root'],
    error: p.textOrNull('error'),
    reads: nodesOf(p.list('reads')),
    writes: nodesOf(p.list('writes')),
  };
}

function hoursFrom(hours: readonly PropertyReader[], before: ActivityRow | null): HourOfActivity[] {
  const sorted = [...hours].sort((a, b) => a.time('hour') - b.time('hour'));
  const detailed = sorted.flatMap((hour) => (hour.json('detail') as ActivityRow | null) ?? []);
  const records = new Map(hoursOfActivity(detailed, before).map((hour) => [hour.hour, hour.records]));
  return sorted.map((row) => {
    const hour = row.time('hour');
    return { hour, observations: row.number('observations'), records: records.get(hour) ?? null };
  });
}

function placeOf(after: string | null): readonly [at: string | null, id: string] {
  if (after === null) return [null, ''];
  const bar = after.indexOf('|');
  return [after.slice(0, bar), after.slice(bar + 1)];
}

const placeIn = (run: PropertyReader): string => `${run.text('startedAt')}|${run.text('id')}`;

/** Of `run:ID`, which may be encoded, or of the bare id. */
const runIdsOf = (id: string): readonly string[] =>
  parseNodeId(id.startsWith('run:') ? id : runNodeId(id)).flatMap((ref) => (ref.kind === 'run' ? ref.runId : []));
