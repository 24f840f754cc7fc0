/** What freshness costs: per event as the estate grows, and the tick that finds one breach among a million policies. */
import { GraphFile } from '#graph';
import type { Bench, BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { loggedEvent } from './logged-event.ts';
import { inScratch } from './scratch.ts';
import { startStopwatch } from './stopwatch.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const MEASURED = 50;
const BATCH = 500;
/** Numbers of datasets that are in no table but that of policies. */
const ELSEWHERE = 1_000_000_000;

export const freshness: Bench = {
  name: 'freshness',
  about: 'cost of an event with 10 to 10,000 policies; a breach found among a million',
  async run(context) {
    for (const policies of context.sizes.freshnessPolicies)
      await inScratch((folder) => measure(folder, policies, context));
  },
};

function measure(folder: string, policies: number, { sizes, report }: BenchContext): void {
  const estate = new Estate(new GraphFile(folder));
  for (let n = 0; n < policies; n++) estate.declare(n);
  estate.flush();
  const note = `${policies} marts with a policy, each behind a staging table and a source; one event to a transaction`;
  const cost = (name: string, what: string, make: (i: number) => void): void => {
    const times: number[] = [];
    for (let i = 0; i < MEASURED; i++) {
      make(i);
      const stopwatch = startStopwatch();
      estate.flush();
      times.push(stopwatch().ms * 1000);
    }
    report({
      name: `freshness.${policies}.${name}`,
      value: median(times),
      unit: 'µs/event',
      n: MEASURED,
      note: `${what}; ${note}`,
    });
  };
  cost('watched', 'the run that brings a mart up to date', (i) => estate.refresh(i % policies, 100 + 10 * i));
  cost('unwatched', 'a run of which no policy knows', (i) => estate.run(`other-${i}`, 'elsewhere', 'nowhere', 100 + i));
  estate.fill(sizes.freshnessFill);
  const stopwatch = startStopwatch();
  const idle = estate.tick(START + 30 * MINUTE);
  const { ms: idleMs } = stopwatch();
  const found = estate.breach();
  report({
    name: `freshness.${policies}.tick`,
    value: found.ms,
    unit: 'ms',
    n: 1,
    note: `finds ${found.changes} breach among ${sizes.freshnessFill + policies} policies; ${idleMs.toFixed(2)} ms where ${idle} are due`,
  });
  estate.close();
}

/** Rows alone: a tick looks at their deadlines, `due` and later. */
export function fillPolicies(file: GraphFile, count: number, due: number): void {
  file.db.run(
    `INSERT INTO freshness(dataset, policies, deadline)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT ${ELSEWHERE} + i, '[]', ? + i FROM n`,
    count,
    due,
  );
}

/** raw-N ─▶ load-N ─▶ stg-N ─▶ build-N ─▶ mart-N, with a policy on each mart. */
class Estate {
  readonly #file: GraphFile;
  #events: object[] = [];
  #position = 0;

  constructor(file: GraphFile) {
    this.#file = file;
  }

  declare(n: number): void {
    this.told(`raw-${n}`, { watermark: iso(START) }, 0);
    this.run(`load-${n}`, `raw-${n}`, `stg-${n}`, 1);
    this.run(`build-${n}`, `stg-${n}`, `mart-${n}`, 3);
    this.told(`mart-${n}`, { maxAge: { fail: '30d' } }, 6);
  }

  /** All that leads to a mart, but the last event, which is measured. */
  refresh(n: number, minute: number): void {
    this.told(`raw-${n}`, { watermark: iso(START + minute * MINUTE) }, minute);
    this.run(`load-${n}`, `raw-${n}`, `stg-${n}`, minute + 1);
    this.flush();
    this.run(`build-${n}`, `stg-${n}`, `mart-${n}`, minute + 3);
  }

  told(name: string, facet: object, minute: number): void {
    const headwater_freshness = { _producer: 'bench', _schemaURL: 'urn:facet', ...facet };
    this.#add({ ...at(minute), dataset: { namespace: 'db', name, facets: { headwater_freshness } } });
  }

  run(job: string, input: string, output: string, minute: number): void {
    this.#add({
      ...at(minute),
      eventType: 'COMPLETE',
      run: { runId: `${job}-${minute}` },
      job: { namespace: 'etl', name: job },
      inputs: [{ namespace: 'db', name: input }],
      outputs: [{ namespace: 'db', name: output }],
    });
  }

  #add(event: object): void {
    this.#events.push(event);
    if (this.#events.length >= BATCH) this.flush();
  }

  flush(): void {
    const logged = this.#events.map((event) => {
      this.#position += 1;
      return loggedEvent(JSON.stringify(event), this.#position, START);
    });
    this.#events = [];
    if (logged.length > 0) this.#file.apply(logged, START + 20 * MINUTE);
  }

  /** Policies that are due far ahead. */
  fill(count: number): void {
    fillPolicies(this.#file, count, START + 365 * 1440 * MINUTE);
  }

  tick(now: number): number {
    return this.#file.tick(now).length;
  }

  /** One more dataset, whose deadline passes. */
  breach(): { readonly ms: number; readonly changes: number } {
    this.told('late', { watermark: iso(START), maxAge: { fail: '1h' } }, 10);
    this.flush();
    const stopwatch = startStopwatch();
    const changes = this.tick(START + 61 * MINUTE);
    return { ms: stopwatch().ms, changes };
  }

  close(): void {
    this.#file.close();
  }
}

const iso = (t: number): string => new Date(t).toISOString();
const at = (minute: number) => ({ eventTime: iso(START + minute * MINUTE), producer: 'bench' });
