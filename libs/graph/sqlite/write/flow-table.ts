/** Flow rows of continuous jobs, their hourly activity, and the ordered set of instants at which a state is due to change. */
import {
  type ActivityRow,
  activityOf,
  type FlowChange,
  type FlowLimits,
  type FlowObservation,
  type FlowRow,
  flowChange,
  flowOf,
  joinActivity,
  nextFlowDeadline,
  observe,
  rememberFlow,
} from '#lineage';
import { type Database, int, type Row, text, textOrNull } from '../database.ts';

export interface JobFlowChange {
  readonly job: number;
  readonly change: FlowChange;
}

type Memory = Parameters<typeof flowChange>[1];

export class FlowTable {
  readonly #db: Database;
  readonly #limits: FlowLimits;
  #rows = new Map<number, FlowRow>();
  #activity = new Map<string, { job: number; row: ActivityRow }>();

  constructor(db: Database, limits: FlowLimits) {
    this.#db = db;
    this.#limits = limits;
  }

  forget(): void {
    this.#rows = new Map();
    this.#activity = new Map();
  }

  /** @param continuous the job is known to be continuous, or speaks as one: a batch job's runs need no flow. */
  observe(job: number, observation: FlowObservation, continuous: boolean): void {
    if (!continuous) return;
    this.#rows.set(job, observe(this.#rows.get(job) ?? this.#held(job), observation));
    const activity = activityOf(observation);
    if (activity === null || (activity.spans.length === 0 && activity.rates.count === 0)) return;
    const key = `${job}.${activity.hour}`;
    const held = this.#activity.get(key)?.row;
    this.#activity.set(key, { job, row: held === undefined ? activity : joinActivity(held, activity) });
  }

  /** Writes the rows of a batch. @returns changes of state, by the flow at `now` */
  flush(now: number): JobFlowChange[] {
    for (const { job, row } of this.#activity.values()) {
      const hour = Math.floor(row.hour / 3_600_000);
      const held = this.#db.get('SELECT detail FROM activity WHERE job = ? AND hour = ?', job, hour);
      const before = held === undefined ? null : textOrNull(held, 'detail');
      const joined = before === null ? row : joinActivity(JSON.parse(before) as ActivityRow, row);
      this.#db.write('UPDATE activity SET detail = ? WHERE job = ? AND hour = ?', JSON.stringify(joined), job, hour);
    }
    const changes: JobFlowChange[] = [];
    for (const [job, row] of this.#rows) {
      const stored = this.#db.get('SELECT memory FROM flow WHERE job = ?', job);
      const memory = stored === undefined ? null : memoryOf(stored);
      this.#db.write(
        'INSERT INTO flow(job, row) VALUES (?, ?) ON CONFLICT DO UPDATE SET row = excluded.row',
        job,
        JSON.stringify(row),
      );
      this.#judge(job, row, memory, now, changes);
    }
    this.forget();
    return changes;
  }

  /** Changes of state whose instant has come. */
  due(now: number): JobFlowChange[] {
    const changes: JobFlowChange[] = [];
    for (const found of this.#db.all('SELECT * FROM flow WHERE deadline <= ? ORDER BY deadline LIMIT 1000', now)) {
      this.#judge(int(found, 'job'), JSON.parse(text(found, 'row')) as FlowRow, memoryOf(found), now, changes);
    }
    return changes;
  }

  #judge(job: number, row: FlowRow, memory: Memory, now: number, changes: JobFlowChange[]): void {
    const flow = flowOf(row, now, this.#limits);
    const name = this.#db.get('SELECT name FROM name WHERE id = ?', job);
    const change = flowChange(name === undefined ? 'the job' : text(name, 'name'), memory, flow);
    if (change !== null && this.#isContinuous(job)) changes.push({ job, change });
    this.#db.write(
      'UPDATE flow SET memory = ?, deadline = ? WHERE job = ?',
      JSON.stringify(rememberFlow(memory, flow)),
      nextFlowDeadline(row, now, this.#limits),
      job,
    );
  }

  /** As its latest run is read. */
  #isContinuous(job: number): boolean {
    const run = this.#db.get('SELECT type FROM run WHERE job = ? ORDER BY start_t DESC LIMIT 1', job);
    return run !== undefined && run['type'] !== 'BATCH';
  }

  #held(job: number): FlowRow | null {
    const row = this.#db.get('SELECT row FROM flow WHERE job = ?', job);
    return row === undefined ? null : (JSON.parse(text(row, 'row')) as FlowRow);
  }
}

function memoryOf(row: Row): Memory {
  const memory = textOrNull(row, 'memory');
  return memory === null ? null : (JSON.parse(memory) as Memory);
}
