import type { JsonEvent } from '../model/generators.ts';
import type { Random } from './random.ts';

/** Events as a busy platform sends them, each another one: batch runs from START to their end, and continuous jobs that go on. */
export class LoadEvents {
  readonly #random: Random;
  readonly #open: { readonly job: string; readonly runId: string }[] = [];
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): JsonEvent {
    this.#made++;
    return this.#random.oneIn(3) ? this.#continuous() : this.#batch();
  }

  /** Some say what the job reads and writes, the others that it is alive. */
  #continuous(): JsonEvent {
    const job = `stream-${this.#random.between(1, 4)}`;
    const says = this.#random.oneIn(10);
    return {
      ...this.#common(says ? 'START' : 'RUNNING'),
      // A restart now and then.
      run: { runId: `${job}-${Math.floor(this.#made / 1_000)}`, facets: { headwater_progress: this.#progress() } },
      job: {
        namespace: LOAD_NAMESPACE,
        name: job,
        // On each event: whichever of them are held, the graph counts them.
        facets: { jobType: { ...FACET, processingType: 'STREAMING', integration: 'X' } },
      },
      ...(says
        ? {
            inputs: [{ namespace: 'kafka://b:9092', name: `${job}-in` }],
            outputs: [{ namespace: 'kafka://b:9092', name: `${job}-out` }],
          }
        : {}),
    };
  }

  #batch(): JsonEvent {
    const random = this.#random;
    const ends = this.#open.length > 20 || (this.#open.length > 0 && random.oneIn(2));
    if (ends) {
      const [run] = this.#open.splice(random.between(0, this.#open.length - 1), 1);
      if (run !== undefined)
        return { ...this.#run(random.oneIn(6) ? 'FAIL' : 'COMPLETE', run), ...this.#wrote(run.job) };
    }
    const run = { job: `batch-${random.between(1, 12)}`, runId: `run-${this.#made}` };
    this.#open.push(run);
    const inputs = [this.#table(), this.#table()];
    return { ...this.#run('START', run), inputs };
  }

  #run(type: string, { job, runId }: { readonly job: string; readonly runId: string }): JsonEvent {
    return { ...this.#common(type), run: { runId }, job: { namespace: LOAD_NAMESPACE, name: job } };
  }

  #wrote(job: string): JsonEvent {
    const from = this.#table();
    const fields = Array.from({ length: this.#random.between(3, 12) }, (_, i) => `column_${i}`);
    const inputFieldsOf = (field: string) => [
      { ...from, field, transformations: [{ type: 'DIRECT', subtype: 'TRANSFORMATION' }] },
    ];
    return {
      inputs: [from],
      outputs: [
        {
          namespace: 'postgres://db:5432',
          name: `shop.load.${job}`,
          facets: {
            schema: { ...FACET, fields: fields.map((name) => ({ name, type: 'bigint' })) },
            columnLineage: {
              ...FACET,
              fields: Object.fromEntries(fields.map((name) => [name, { inputFields: inputFieldsOf(name) }])),
            },
          },
        },
      ],
    };
  }

  #table() {
    return { namespace: 'postgres://db:5432', name: `shop.load.table_${this.#random.between(1, 30)}` };
  }

  #progress() {
    return {
      ...FACET,
      inputs: [
        {
          namespace: 'kafka://b:9092',
          name: 'in',
          partitions: [{ partition: '0', position: this.#made, endPosition: this.#made + this.#random.between(0, 50) }],
        },
      ],
    };
  }

  /** No two events have one time, so no two are equal. */
  #common(eventType: string) {
    const eventTime = new Date(START + this.#made * 977).toISOString();
    return { eventType, eventTime, producer: PRODUCER, schemaURL: 'urn:openlineage' };
  }
}

export const LOAD_NAMESPACE = 'load';
const PRODUCER = 'https://example.com/load/tree/1.0.0/client';
const FACET = { _producer: PRODUCER, _schemaURL: 'urn:facet' };
const START = Date.parse('2026-01-01T00:00:00Z');
