/** Whether an event costs the more, the more history its job has. */
import { GraphFile } from '#graph';
import type { Bench, BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { loggedEvent } from './logged-event.ts';
import { inScratch } from './scratch.ts';
import { countStatements, type StatementCount } from './statement-count.ts';
import { startStopwatch } from './stopwatch.ts';
import { EventSource, REALISTIC, type Workload } from './workload.ts';

/** Runs measured at each length of the history, one event to a transaction: nothing hides in a batch. */
const MEASURED = 50;
const GROWING_BATCH = 500;
/** Far from those of the ordinary runs. */
const LATE_RUNS = 1_000_000_000;

export const flatness: Bench = {
  name: 'flatness',
  about: 'SQL statements and time per event while one job gets from 10 to 100,000 runs; a late event',
  async run(context) {
    for (const alternating of [false, true]) await inScratch((folder) => grow(alternating, folder, context));
  },
};

interface Cost {
  readonly us: number;
  readonly statements: number;
  readonly rows: number;
}

function grow(alternating: boolean, folder: string, { sizes, report }: BenchContext): void {
  const workload: Workload = { ...REALISTIC, jobs: 1, concurrent: 1, columns: 3, alternating };
  const history = new History(folder, new EventSource(workload));
  const kind = alternating ? 'alternating' : 'constant';
  const said = alternating ? 'each run reads other inputs than the last' : 'all runs read the same';
  const costs: Cost[] = [];
  for (const runs of sizes.flatRuns) {
    history.growTo(2 * runs);
    const cost = history.measure(2 * MEASURED);
    costs.push(cost);
    const note = `after ${runs} runs of one job, ${said}; one event to a transaction`;
    report({
      name: `flatness.${kind}.${runs}.statements`,
      value: cost.statements,
      unit: 'statements/event',
      n: 2 * MEASURED,
      note: `${note}; ${cost.rows.toFixed(1)} rows read`,
    });
    report({ name: `flatness.${kind}.${runs}.time`, value: cost.us, unit: 'µs/event', n: 2 * MEASURED, note });
  }
  const [first, last] = [costs[0], costs.at(-1)];
  if (first !== undefined && last !== undefined) {
    const note = `${sizes.flatRuns.at(-1)} runs to ${sizes.flatRuns[0]} runs, ${said}`;
    report({
      name: `flatness.${kind}.ratio`,
      value: last.us / first.us,
      unit: '×',
      n: 2 * MEASURED,
      note: `${note}; statements ${(last.statements / first.statements).toFixed(2)} ×`,
    });
  }
  const late = history.measureLate(MEASURED);
  report({
    name: `flatness.${kind}.late`,
    value: late.us,
    unit: 'µs/event',
    n: 2 * MEASURED,
    note: `START and COMPLETE of runs in the middle of ${sizes.flatRuns.at(-1)}, ${said}; ${late.statements.toFixed(1)} statements, ${late.rows.toFixed(1)} rows read an event`,
  });
  history.close();
}

class History {
  readonly #graph: GraphFile;
  readonly #source: EventSource;
  readonly #count: StatementCount;
  #events = 0;
  #position = 0;

  constructor(folder: string, source: EventSource) {
    this.#graph = new GraphFile(folder);
    this.#source = source;
    this.#count = countStatements(this.#graph);
  }

  growTo(events: number): void {
    while (this.#events < events) {
      const length = Math.min(GROWING_BATCH, events - this.#events);
      this.#apply(Array.from({ length }, () => this.#nextText()));
    }
  }

  measure(events: number): Cost {
    return this.#costOf(Array.from({ length: events }, () => this.#nextText()));
  }

  /** Runs that happened halfway and are heard of now, each at another place there. */
  measureLate(runs: number): Cost {
    const middle = Math.floor(this.#events / 2);
    const texts = Array.from({ length: runs }, (_, i) => {
      const at = this.#source.timeOf(middle + 4 * i);
      const run = { job: 0, variant: i % 2, run: LATE_RUNS + i };
      return [this.#source.write(run, 'START', at + 100), this.#source.write(run, 'COMPLETE', at + 200)];
    });
    return this.#costOf(texts.flat());
  }

  close(): void {
    this.#graph.close();
  }

  #costOf(texts: readonly string[]): Cost {
    const before = { ...this.#count };
    const each = texts.map((text) => this.#apply([text]) * 1000);
    return {
      us: median(each),
      statements: (this.#count.statements - before.statements) / texts.length,
      rows: (this.#count.rows - before.rows) / texts.length,
    };
  }

  #nextText(): string {
    return this.#source.text(this.#events++);
  }

  #apply(texts: readonly string[]): number {
    const now = this.#source.timeOf(this.#events);
    const events = texts.map((text) => loggedEvent(text, ++this.#position, now));
    const stopwatch = startStopwatch();
    this.#graph.apply(events, now);
    return stopwatch().ms;
  }
}
