/** A month of a streaming job that says every minute that it runs: what stays of it in the graph. */
import { GraphFile } from '#graph';
import type { LoggedEvent } from '#lineage';
import type { Bench, BenchContext } from './bench.ts';
import { loggedEvent } from './logged-event.ts';
import { databaseBytes, inScratch } from './scratch.ts';
import { startStopwatch } from './stopwatch.ts';

const MINUTE = 60_000;
const BATCH = 60;
const FIRST = Date.UTC(2025, 0, 1);
const TOPIC = { namespace: 'kafka://broker:9092', name: 'orders' };

export const continuous: Bench = {
  name: 'continuous',
  about: 'rows for a month of one streaming run with an event a minute, bare and with progress',
  async run(context) {
    for (const withProgress of [false, true]) await inScratch((folder) => month(withProgress, folder, context));
  },
};

function month(withProgress: boolean, folder: string, { sizes, report }: BenchContext): void {
  const graph = new GraphFile(folder);
  const minutes = sizes.continuousDays * 24 * 60;
  const name = `continuous.${withProgress ? 'progress' : 'bare'}`;
  graph.apply([event(0, withProgress)], FIRST);
  const before = rowsOf(graph);
  const written = Number(graph.db.get('SELECT total_changes() AS n')?.n);
  const stopwatch = startStopwatch();
  for (let minute = 1; minute <= minutes; minute += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, minutes + 1 - minute) }, (_, i) =>
      event(minute + i, withProgress),
    );
    graph.apply(events, FIRST + (minute + BATCH) * MINUTE);
  }
  const { cpuMs } = stopwatch();
  const after = rowsOf(graph);
  const changes = Number(graph.db.get('SELECT total_changes() AS n')?.n) - written;
  const grown = [...after]
    .map(([table, rows]) => [table, rows - (before.get(table) ?? 0)] as const)
    .filter(([, rows]) => rows !== 0);
  const about = `${sizes.continuousDays} days of one run, START and then RUNNING each minute${withProgress ? ' with headwater_progress' : ' without inputs, outputs and jobType'}`;
  // `event` is the store's list of what it has applied, one row an event however little the event says.
  const rows = grown.filter(([table]) => table !== 'event').reduce((sum, [, each]) => sum + each, 0);
  report({
    name: `${name}.rows`,
    value: rows,
    unit: 'rows',
    n: minutes,
    note: `${about}, without the table that lists applied events; ${grown.map(([table, each]) => `${table} ${each}`).join(', ')}`,
  });
  report({ name: `${name}.rows-per-hour`, value: rows / (minutes / 60), unit: 'rows/hour', n: minutes, note: about });
  report({
    name: `${name}.writes`,
    value: changes / minutes,
    unit: 'rows/event',
    n: minutes,
    note: `inserted, updated or deleted, ${BATCH} events to a transaction; ${Math.round((cpuMs / minutes) * 1000)} µs CPU an event`,
  });
  graph.close();
  report({
    name: `${name}.disk`,
    value: Math.round(databaseBytes(folder, 'graph.db') / minutes),
    unit: 'bytes/event',
    n: minutes,
    note: 'graph.db after closing it',
  });
}

function event(minute: number, withProgress: boolean): LoggedEvent {
  const at = FIRST + minute * MINUTE;
  const isStart = minute === 0;
  const facet = { _producer: 'https://example.com/streams', _schemaURL: 'https://example.com/facet.json' };
  const progress = {
    ...facet,
    inputs: [{ ...TOPIC, partitions: [{ partition: '0', position: minute * 600, endPosition: minute * 600 + 12 }] }],
    recordsPerSecond: 10,
  };
  const text = JSON.stringify({
    eventType: isStart ? 'START' : 'RUNNING',
    eventTime: new Date(at).toISOString(),
    producer: 'https://example.com/streams',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: {
      runId: '01940000-0000-7000-8000-000000000001',
      facets: withProgress ? { headwater_progress: progress } : {},
    },
    job: {
      namespace: 'flink://cluster',
      name: 'orders-to-lake',
      facets: isStart
        ? { jobType: { ...facet, processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' } }
        : {},
    },
    inputs: isStart ? [TOPIC] : [],
    outputs: isStart ? [{ namespace: 's3://lake', name: 'orders' }] : [],
  });
  return loggedEvent(text, minute + 1, at);
}

/** Rows of each table; what SQLite keeps behind a full-text index is none of ours. */
function rowsOf({ db }: GraphFile): Map<string, number> {
  const tables = db.all(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite_%'",
  );
  return new Map(tables.map(({ name }) => [String(name), Number(db.get(`SELECT count(*) AS n FROM "${name}"`)?.n)]));
}
