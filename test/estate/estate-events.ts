/** What the estate's tools say of thirty days: OpenLineage events, each with when it is heard. */
import { AIRFLOW, downstreamOf, jobNameOf, type Table, type Trouble, WAREHOUSE } from './estate.ts';

const PRODUCER = 'https://example.com/estate';
const FACET = { _producer: PRODUCER, _schemaURL: 'https://example.com/facet.json' };
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
/** The clocks of Paris go forward three weeks later, on 29 March. */
export const FIRST_DAY = Date.UTC(2026, 2, 9);
const CLOCKS_FORWARD = Date.UTC(2026, 2, 29, 1);

export interface HeardEvent {
  readonly at: number;
  readonly event: object;
}

/** The instant of a time of day in Paris; in the hour that is left out, so much later. */
export function inParis(day: number, minuteOfDay: number): number {
  const wall = FIRST_DAY + day * DAY + minuteOfDay * MINUTE;
  return wall - HOUR < CLOCKS_FORWARD + HOUR ? wall - HOUR : wall - 2 * HOUR;
}

export interface RunOf {
  readonly table: Table;
  readonly at: number;
  readonly runId: string;
  readonly type?: 'COMPLETE' | 'FAIL';
  /** Of an old partition. */
  readonly nominal?: number;
  /** The delivery that started it. */
  readonly key?: string;
}

/** A run that is over in an instant; all of its word comes with its end. */
export function runOf({ table, at, runId, type = 'COMPLETE', nominal, key }: RunOf): object {
  const dataset = ({ name }: Table): object => ({ namespace: WAREHOUSE, name });
  const time = nominal === undefined ? {} : { nominalTime: { ...FACET, nominalStartTime: iso(nominal) } };
  const tags =
    key === undefined ? {} : { tags: { ...FACET, tags: [{ key: 'headwater', value: key, source: 'USER' }] } };
  return {
    eventType: type,
    eventTime: iso(at),
    producer: PRODUCER,
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId, facets: { ...time, ...tags } },
    job: { namespace: AIRFLOW, name: jobNameOf(table) },
    inputs: table.inputs.map(dataset),
    outputs: [dataset(table)],
  };
}

/** All that clocks start, and what people do about failures. Sorted by when it is heard. */
export function eventsOf(tables: readonly Table[], troubles: readonly Trouble[], days: number): readonly HeardEvent[] {
  const found: HeardEvent[] = [];
  const troubleOf = new Map(troubles.map((one) => [`${one.table.name} ${one.day}`, one.what]));
  let runs = 0;
  const runId = (): string => `019cd000-0000-7000-8000-${String(++runs).padStart(12, '0')}`;
  const tell = (run: Omit<RunOf, 'runId'>, heard = run.at): void => {
    found.push({ at: heard, event: runOf({ ...run, runId: runId() }) });
  };
  for (let day = 0; day < days; day++) {
    for (const table of tables) {
      if (!table.isNightly && day > 0) continue;
      const at = inParis(day, 2 * 60 + table.minute);
      switch (troubleOf.get(`${table.name} ${day}`)) {
        case undefined:
          tell({ table, at });
          break;
        case 'outage':
          // Rerunning an old partition makes nothing fresher.
          tell({ table, at: at + 10 * HOUR, nominal: at - 10 * DAY });
          break;
        case 'failure':
          tell({ table, at, type: 'FAIL' });
          break;
        case 'late-event':
          tell({ table, at }, at + 10 * HOUR);
      }
    }
    const failed = troubles.filter((one) => one.day === day && one.what === 'failure').map(({ table }) => table);
    const again = inParis(day, 11 * 60);
    for (const table of [...failed, ...downstreamOf(tables, failed)]) {
      if (!table.isTriggered) tell({ table, at: again + table.minute * MINUTE });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

const iso = (at: number): string => new Date(at).toISOString();
