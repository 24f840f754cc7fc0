/** Rows of runs and of hours: a run as its line shows it, with events at its beginning and its end. */
import { type ActivityLine, type JobLine, type Processing, processingOf, type RunLine } from '#lineage';
import { type Database, intOrNull } from '../database.ts';
import { BadRows } from '../graph-rows.ts';
import { processingOfJob } from '../read/job-processing.ts';
import { hourOf } from '../stamps.ts';
import { instantOf, instantOrNull, type LineNames } from './line-names.ts';

/** What the end of a run tells of it, as it stands in the columns of `run`. */
interface Ending {
  readonly status: 'OPEN' | 'DONE' | 'FAILED' | 'LIVE';
  readonly complete: number | null;
  readonly fail: number | null;
  readonly abort: number | null;
  readonly lastType: string;
  /** Bits: 1 START or RUNNING, 2 OTHER. */
  readonly seenTypes: number;
}

export class RunRows {
  readonly #db: Database;
  readonly #names: LineNames;
  readonly #now: number;
  /** Jobs that are read as something else than BATCH, or one of whose runs is. */
  readonly #typed = new Map<number, JobLine | null>();
  #lastId = 0;

  /** @param now when they arrive here, ms */
  constructor(db: Database, names: LineNames, now: number) {
    this.#db = db;
    this.#names = names;
    this.#now = now;
  }

  /** Before the first run of any job. */
  job(line: JobLine): void {
    if (line.processingType !== 'BATCH') this.#typed.set(this.#names.know(line), line);
  }

  /** Before the first run is put. */
  hasType({ job, processingType }: RunLine): void {
    const owner = this.#names.number(job);
    if (processingType !== 'BATCH' && !this.#typed.has(owner)) this.#typed.set(owner, null);
  }

  run(line: RunLine): void {
    const job = this.#names.number(line.job);
    const start = instantOf(line.startedAt);
    const last = instantOf(line.lastSeen);
    const { status, complete, fail, abort, lastType, seenTypes } = endingOf(line);
    const { parent, root } = line;
    // Where a job's type was ever said, each run says its own: what it inherited can't be told.
    const typed = this.#typed.get(job);
    const said = typed === undefined ? null : this.#jobType(typed, line.processingType);
    const [nominalStart, nominalEnd] = [instantOrNull(line.nominalStart), instantOrNull(line.nominalEnd)];
    this.#lastId += 1;
    this.#db.write(
      `INSERT INTO run(id, job, run_id, received_at, start_t, start_k, last_t, said_type, said_content, said_window, said_t, said_k,
         parent_job, parent_run, parent_t, parent_k, root_job, root_run, root_t, root_k,
         nominal_start, nominal_end, nominal_t, nominal_k, error, error_t, error_k,
         complete_first, complete_last, fail_last, abort_last, last_type, last_type_t, seen_types, type, content, status, done, stated)
       VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[this.#lastId, job, line.runId, this.#now, start, last],
      ...(said === null
        ? [null, null, null, null, null]
        : [said.type, said.content, said.windowSeconds ?? null, start, 0]),
      ...(parent === null ? [null, null, null, null] : [this.#names.number(parent.job), parent.runId, start, 0]),
      ...(root === null ? [null, null, null, null] : [this.#names.number(root.job), root.runId, start, 0]),
      ...(nominalStart === null && nominalEnd === null
        ? [null, null, null, null]
        : [nominalStart, nominalEnd, last, 0]),
      ...(line.error === null ? [null, null, null] : [line.error, last, 0]),
      ...[complete, complete, fail, abort, lastType, last, seenTypes],
      ...[
        line.processingType,
        said?.content ?? 'ACCUMULATIVE',
        status,
        status === 'DONE' ? complete : null,
        said === null ? 0 : 1,
      ],
    );
  }

  /** After the last run: what its runs don't say of a job, a JobEvent did. */
  declareType(line: JobLine): void {
    const job = this.#names.know(line);
    if (!this.#typed.has(job) || processingOfJob(this.#db, job) === line.processingType) return;
    const { type, content, windowSeconds } = this.#jobType(line, line.processingType);
    const latest = this.#db.get('SELECT max(start_t) AS t FROM run WHERE job = ?', job);
    const t = (latest && intOrNull(latest, 't')) ?? instantOf(line.firstSeen);
    this.#db.write(
      'INSERT INTO declared_type(job, t, k, type, content, window) VALUES (?, ?, 1, ?, ?, ?)',
      ...[job, t, type, content, windowSeconds ?? null],
    );
  }

  activity({ job, hour, observations }: ActivityLine): void {
    this.#db.write(
      'INSERT INTO activity(job, hour, observations) VALUES (?, ?, ?)',
      this.#names.number(job),
      hourOf(instantOf(hour)),
      observations,
    );
  }

  /** With the content and window of the job's last jobType facet, where that is of this type. */
  #jobType(job: JobLine | null, type: RunLine['processingType']): Processing {
    const facets = (job?.facets['jobType'] ?? []).toSorted((a, b) => instantOf(b.at) - instantOf(a.at));
    const [last] = facets;
    const told = last === undefined ? null : processingOf({ jobType: last.value });
    return told !== null && told.type === type ? told : { type, content: 'ACCUMULATIVE' };
  }
}

function endingOf({ state, processingType, endedAt }: RunLine): Ending {
  const end = instantOrNull(endedAt);
  const isBatch = processingType === 'BATCH';
  const open = { complete: null, fail: null, abort: null, lastType: 'RUNNING', seenTypes: 0 };
  switch (state) {
    case 'COMPLETED':
      return { ...open, status: isBatch ? 'DONE' : 'LIVE', complete: end, lastType: 'COMPLETE' };
    case 'FAILED':
      return { ...open, status: isBatch ? 'FAILED' : 'LIVE', fail: end, lastType: 'FAIL' };
    case 'ABORTED':
      return { ...open, status: isBatch ? 'FAILED' : 'LIVE', abort: end, lastType: 'ABORT' };
    case 'RUNNING':
      return { ...open, status: isBatch ? 'OPEN' : 'LIVE', seenTypes: 1 };
    case 'OTHER':
      return { ...open, status: 'OPEN', seenTypes: 2 };
    case 'NEW':
      return { ...open, status: 'OPEN' };
    default:
      throw new BadRows(`${JSON.stringify(state)} is no state of a run`);
  }
}
