import { parseInstant } from '../instant.ts';
import { sha1 } from './sha1.ts';

export interface AirflowRun {
  /** The job namespace that the provider is configured with. */
  readonly namespace: string;
  readonly dag: string;
  /** Absent: the DAG run itself. */
  readonly task?: string;
  /** Of a task; 1 where absent. */
  readonly tryNumber?: number;
  /** Of a mapped task; -1, which is what Airflow has for all others, where absent. */
  readonly mapIndex?: number;
  /** Of a DAG run: how often it was cleared. Absent: the id as older providers made it, which left the number out. */
  readonly clearNumber?: number;
  /**
   * The logical date, or run_after where there is none, as Airflow's REST has it: a Date would lose its microseconds,
   * which are part of the id. Any zone; none is UTC.
   */
  readonly date: string;
}

/**
 * The OpenLineage run id that Airflow's provider gives to a DAG run or to one try of a task, so that what was read by
 * REST meets what was pushed. A UUIDv7: the date's milliseconds, then the first 76 bits of SHA-1 over date and data.
 *
 * @throws RangeError where the date can't be read
 */
export function airflowRunId(run: AirflowRun): string {
  const ms = parseInstant(run.date);
  if (ms === null)
    throw new RangeError(`airflowRunId: date must be an ISO 8601 date-time, not ${JSON.stringify(run.date)}`);
  const time = BigInt.asUintN(48, BigInt(ms)).toString(16).padStart(12, '0');
  const tail = `7${sha1(isoFormat(ms, run.date) + dataOf(run)).slice(0, 19)}`;
  // The variant takes the place of two bits of the hash.
  const variant = ((Number.parseInt(tail.charAt(4), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${variant}${tail.slice(5, 8)}-${tail.slice(8)}`;
}

function dataOf({ namespace, dag, task, tryNumber, mapIndex, clearNumber }: AirflowRun): string {
  if (task !== undefined) return `${namespace}.${dag}.${task}.${tryNumber ?? 1}.${mapIndex ?? -1}`;
  return clearNumber === undefined ? `${namespace}.${dag}` : `${namespace}.${dag}.${clearNumber}`;
}

/** Python's isoformat in UTC: six digits of fraction, or none where they are all 0. */
function isoFormat(ms: number, date: string): string {
  const fraction = (/:\d{2}[.,](\d+)/.exec(date)?.[1] ?? '').padEnd(6, '0').slice(0, 6);
  const seconds = new Date(ms).toISOString().slice(0, 19);
  return `${seconds}${fraction === '000000' ? '' : `.${fraction}`}+00:00`;
}
