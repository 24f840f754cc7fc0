/**
 * What is expected of a job's runs, by its own earlier runs or as declared: how long they take, when the next one begins.
 *
 * ```
 * begins ──────────── usual ──── slowAfter ─────────────── stuckAfter, and quiet
 * START ──────────────────────── run.slow ──────────────── run.stuck
 * START ── COMPLETE ──────────────── next expected ── patience: run.missing
 * ```
 *
 * Everything is judged by the newest runs that are kept, and each thing is told once: the memory names what was told. What ends it is
 * `run.completed`. Nobody is blamed for what the hub learnt late: patience counts from when it first heard of a run, where that
 * was after the run began.
 */
import { sayDuration } from '../continuous/say.ts';
import { readCron } from '../freshness/cron-schedule.ts';
import { formatInstant } from '../instant.ts';
import { declaredPatience, type RunPatience, usualPatience } from './run-duration.ts';
import { gapsBetween, usualSilence } from './usual-silence.ts';

/** How many of the newest runs teach, and are watched. */
export const RUNS_KEPT = 50;

/** A batch run. Times are event times, ms. */
export interface WatchedRun {
  readonly id: string;
  /** Runs of one execution (retries, mapped tasks) begin once. */
  readonly execution: string;
  readonly state: 'OPEN' | 'DONE' | 'FAILED';
  readonly start: number;
  /** Its beginning was told, by START or RUNNING: without one its duration is unknown. */
  readonly began: boolean;
  /** When it was done; null while it isn't. */
  readonly done: number | null;
  readonly lastHeard: number;
  /** When the hub first heard of it, by its own clock. */
  readonly receivedAt: number;
}

/** What a rule says of a job's runs. */
export interface DeclaredRuns {
  readonly cron: string | null;
  readonly timezone: string;
  /** How late a run may begin, ms; null: ten minutes. */
  readonly grace: number | null;
  /** How long a run may take, ms. */
  readonly within: number | null;
}

export const NOTHING_DECLARED: DeclaredRuns = { cron: null, timezone: 'UTC', grace: null, within: null };

/** What was told: of which run which, and after which last beginning that the next one is missing. */
export interface RunMemory {
  readonly told: Readonly<Record<string, 'slow' | 'stuck'>>;
  readonly missingAfter: number | null;
}

export const NOTHING_TOLD: RunMemory = { told: {}, missingAfter: null };

export interface RunChange {
  readonly kind: 'run.slow' | 'run.stuck' | 'run.missing';
  /** null: of the job. */
  readonly run: string | null;
  readonly at: number;
  readonly text: string;
  readonly after: Readonly<Record<string, unknown>>;
}

export interface RunVerdict {
  readonly changes: readonly RunChange[];
  readonly memory: RunMemory;
  /** When to look again if nothing new comes, ms; null: never. */
  readonly next: number | null;
}

/**
 * @param job its name, for people
 * @param runs the newest, at most `RUNS_KEPT`, newest start first
 */
export function judgeRuns(
  job: string,
  runs: readonly WatchedRun[],
  declared: DeclaredRuns,
  memory: RunMemory,
  now: number,
): RunVerdict {
  const changes: RunChange[] = [];
  const told: Record<string, 'slow' | 'stuck'> = {};
  for (const { id } of runs) {
    const held = memory.told[id];
    if (held !== undefined) told[id] = held;
  }
  const due: number[] = [];
  for (const [index, run] of runs.entries()) {
    const patience = patienceFrom(runs.slice(index + 1), declared);
    // Older runs have had fewer before them, or were overtaken too.
    if (patience === null || isOvertaken(run, runs.slice(0, index), patience)) break;
    const verdict = judgeDuration(job, run, patience, told[run.id], now);
    if (verdict.change !== null) {
      changes.push(verdict.change);
      told[run.id] = verdict.change.kind === 'run.stuck' ? 'stuck' : 'slow';
    }
    if (verdict.next !== null) due.push(verdict.next);
  }
  const expected = nextBeginning(runs, declared);
  let missingAfter: number | null = null;
  if (expected !== null && now >= expected.missing) {
    missingAfter = expected.after;
    if (memory.missingAfter !== expected.after) changes.push(missingChange(job, expected));
  } else if (expected !== null) due.push(expected.missing);
  return { changes, memory: { told, missingAfter }, next: due.length === 0 ? null : Math.min(...due) };
}

function patienceFrom(earlier: readonly WatchedRun[], declared: DeclaredRuns): RunPatience | null {
  if (declared.within !== null) return declaredPatience(declared.within, sayDuration);
  const durations = earlier.flatMap(({ began, state, done, start }) =>
    began && state === 'DONE' && done !== null ? [done - start] : [],
  );
  return usualPatience(durations, sayDuration);
}

/** A run that began well after it is done: whatever became of this one is the past. */
const isOvertaken = (run: WatchedRun, later: readonly WatchedRun[], { slowAfter }: RunPatience): boolean =>
  later.some(({ state, start }) => state === 'DONE' && start > run.start + slowAfter);

function judgeDuration(
  job: string,
  run: WatchedRun,
  patience: RunPatience,
  told: 'slow' | 'stuck' | undefined,
  now: number,
): { readonly change: RunChange | null; readonly next: number | null } {
  const nothing = { change: null, next: null };
  const { slowAfter, stuckAfter, quiet, because, usual } = patience;
  const facts = { usual: usual?.median ?? null, limit: slowAfter, runs: usual?.count ?? null };
  if (run.state === 'FAILED' || told === 'stuck' || (run.state === 'DONE' && told === 'slow')) return nothing;
  if (run.state === 'DONE') {
    const took = run.began && run.done !== null ? run.done - run.start : 0;
    if (took <= slowAfter) return nothing;
    const text = `a run of ${job} took ${sayDuration(took)}: ${because}`;
    const at = run.start + slowAfter;
    return { change: { kind: 'run.slow', run: run.id, at, text, after: { ...facts, took } }, next: null };
  }
  const from = Math.max(run.start, run.receivedAt);
  const slow = from + slowAfter;
  const stuck = Math.max(from + stuckAfter, run.lastHeard + quiet);
  if (now >= stuck) {
    const text = `a run of ${job} that began at ${formatInstant(run.start)} has no end, and nothing was heard of it since ${formatInstant(run.lastHeard)}: ${because}`;
    const after = { ...facts, limit: stuckAfter, lastHeard: formatInstant(run.lastHeard) };
    return { change: { kind: 'run.stuck', run: run.id, at: stuck, text, after }, next: null };
  }
  if (told === 'slow') return { change: null, next: stuck };
  if (now < slow) return { change: null, next: slow };
  const text = `a run of ${job} goes on for longer than ${sayDuration(slowAfter)}: ${because}`;
  return { change: { kind: 'run.slow', run: run.id, at: slow, text, after: facts }, next: stuck };
}

interface Beginning {
  /** The last one, or the deadline that none came for. */
  readonly after: number;
  readonly expected: number;
  readonly missing: number;
  readonly because: string;
}

/** When the next run is expected; null: nobody can tell. */
function nextBeginning(runs: readonly WatchedRun[], declared: DeclaredRuns): Beginning | null {
  const [latest] = runs;
  if (latest === undefined) return null;
  if (declared.cron !== null) return byCron(latest, declared, declared.cron);
  const starts = new Map<string, number>();
  for (const { execution, start } of runs) starts.set(execution, start);
  const instants = [...starts.values()].sort((a, b) => a - b);
  const usual = usualSilence(gapsBetween(instants));
  const after = instants.at(-1);
  if (usual === null || after === undefined) return null;
  const from = Math.max(after, latest.receivedAt);
  const because = `nine in ten of its last ${usual.count} began within ${sayDuration(usual.gap)} of the one before`;
  return { after, expected: after + usual.gap, missing: from + usual.patience, because };
}

/** A run may begin a minute early: its clock needn't be the scheduler's. */
const EARLY = 60_000;
const GRACE = 10 * 60_000;

function byCron(latest: WatchedRun, { timezone, grace }: DeclaredRuns, cron: string): Beginning | null {
  const read = readCron(cron, timezone);
  const expected = 'schedule' in read ? read.schedule.nextAfter(latest.start + EARLY) : null;
  if (expected === null) return null;
  const because = `declared as ${cron} ${timezone}`;
  const missing = Math.max(expected, latest.receivedAt) + (grace ?? GRACE);
  return { after: latest.start, expected, missing, because };
}

const missingChange = (job: string, { after, expected, missing, because }: Beginning): RunChange => ({
  kind: 'run.missing',
  run: null,
  at: missing,
  text: `no run of ${job} began since ${formatInstant(after)}; one was expected by ${formatInstant(expected)}: ${because}`,
  after: { expected: formatInstant(expected), last: formatInstant(after) },
});
