/**
 * Realistic events, the same at every run: jobs of a warehouse, each with one output and a few inputs that earlier jobs
 * wrote, scheduled by DAGs, run after run.
 *
 * ```
 * index   0 … L−1         L … 2L−1          2L …          L runs are under way at a time (`concurrent`)
 *         START of runs   COMPLETE of the   START of the
 *         0 … L−1         same ones         next L
 * ```
 * Run s is of job s mod `jobs`; its occurrence is s div `jobs`.
 */
export interface Workload {
  readonly jobs: number;
  readonly concurrent: number;
  /** `all`: what Spark, dbt and Airflow send, 4 to 6 KB. `names`: datasets without facets. */
  readonly detail: 'all' | 'names';
  /** Columns of each dataset. */
  readonly columns: number;
  /** How many datasets a job reads: of the next entry, job by job. */
  readonly inputs: readonly number[];
  /** `dag`: inputs out of the outputs of the 2,000 jobs before. `star`: all jobs read one dataset. */
  readonly shape: 'dag' | 'star';
  /** COMPLETE alone makes the same graph in half the events. */
  readonly types: 'START+COMPLETE' | 'COMPLETE';
  /** Each second occurrence of a job reads other inputs. */
  readonly alternating: boolean;
  /** Jobs and datasets of another prefix are others. */
  readonly prefix: string;
}

export const REALISTIC: Workload = {
  jobs: 500,
  concurrent: 64,
  detail: 'all',
  columns: 6,
  inputs: [2, 2, 3],
  shape: 'dag',
  types: 'START+COMPLETE',
  alternating: false,
  prefix: 'fct',
};

/** Data flow of one community: how far back a job's inputs lie. */
const WINDOW = 2_000;
const DATASETS = 'postgres://warehouse.internal:5432';
const JOBS = 'airflow-production';
const PRODUCER = 'https://github.com/OpenLineage/OpenLineage/tree/1.52.0/integration/spark';
const SPEC = 'https://openlineage.io/spec';
const FIRST_EVENT = Date.UTC(2025, 0, 1);
const STEP_MS = 1_500;
/** Above this, events are made from scratch each time. */
const TEMPLATES_KEPT = 12_000;

type EventType = 'START' | 'COMPLETE';

/** One run of a job, as far as its events differ from those of the job's other runs. */
export interface RunOf {
  readonly job: number;
  readonly variant: number;
  readonly run: number;
}

interface Ref {
  readonly namespace: string;
  readonly name: string;
}

export class EventSource {
  readonly workload: Workload;
  readonly #templates = new Map<string, readonly string[]>();

  constructor(workload: Workload) {
    this.workload = workload;
  }

  /** The event of this place in the history, as JSON in ASCII. */
  text(index: number): string {
    const { run, type } = this.#place(index);
    return this.write(this.#runOf(run), type, FIRST_EVENT + index * STEP_MS);
  }

  /** Where the history is by then: event time of this place, ms. */
  timeOf(index: number): number {
    return FIRST_EVENT + index * STEP_MS;
  }

  write(runOf: RunOf, type: EventType, at: number): string {
    const parts = this.#template(runOf, type);
    const values = valuesOf(runOf, at);
    let text = '';
    // Odd places hold the names of what to put there.
    for (const [i, part] of parts.entries()) text += i % 2 === 0 ? part : (values[part] ?? '');
    return text;
  }

  datasetId(number: number): string {
    const { namespace, name } = this.dataset(number);
    return `dataset:${namespace}:${name}`;
  }

  /** Below 0: one that no job here writes. */
  dataset(number: number): Ref {
    const { prefix } = this.workload;
    if (number < 0) return { namespace: DATASETS, name: `landing.public.${prefix}_source_${padded(-number)}` };
    return { namespace: DATASETS, name: `analytics.${SUBJECTS[number % SUBJECTS.length]}.${prefix}_${padded(number)}` };
  }

  job(number: number): Ref {
    return { namespace: JOBS, name: `${dagOf(number)}.build_${this.workload.prefix}_${padded(number)}` };
  }

  /** Numbers of the datasets that a job reads. */
  inputsOf(job: number, variant: number): readonly number[] {
    const { shape, inputs: counts } = this.workload;
    if (shape === 'star') return [-1];
    const count = counts[job % counts.length] ?? 1;
    const inputs = new Set<number>();
    for (let k = 0; inputs.size < Math.min(count, job) && k < 20; k++) {
      inputs.add(job - 1 - (mixed(job, k + 31 * variant) % Math.min(job, WINDOW)));
    }
    // The first ones read what nobody here writes.
    for (let k = inputs.size; k < count; k++) inputs.add(-2 - ((job * 4 + k + variant) % 1_000));
    return [...inputs];
  }

  #place(index: number): { run: number; type: EventType } {
    if (this.workload.types === 'COMPLETE') return { run: index, type: 'COMPLETE' };
    const { concurrent } = this.workload;
    const within = index % (2 * concurrent);
    const run = Math.floor(index / (2 * concurrent)) * concurrent + (within % concurrent);
    return { run, type: within < concurrent ? 'START' : 'COMPLETE' };
  }

  #runOf(run: number): RunOf {
    const { jobs, alternating } = this.workload;
    return { job: run % jobs, variant: alternating ? Math.floor(run / jobs) % 2 : 0, run };
  }

  #template(runOf: RunOf, type: EventType): readonly string[] {
    const key = `${runOf.job} ${runOf.variant} ${type}`;
    const held = this.#templates.get(key);
    if (held !== undefined) return held;
    const made = JSON.stringify(this.#event(runOf, type)).split('%');
    if (this.#templates.size < TEMPLATES_KEPT) this.#templates.set(key, made);
    return made;
  }

  #event({ job, variant }: RunOf, type: EventType): object {
    const inputs = this.inputsOf(job, variant);
    const base = {
      eventType: type,
      eventTime: '%at%',
      producer: PRODUCER,
      schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    };
    if (this.workload.detail === 'names') {
      return {
        ...base,
        run: { runId: '%run%' },
        job: this.job(job),
        inputs: inputs.map((each) => this.dataset(each)),
        outputs: [this.dataset(job)],
      };
    }
    return {
      ...base,
      run: { runId: '%run%', facets: runFacets(job) },
      job: { ...this.job(job), facets: this.#jobFacets(job, inputs) },
      inputs: inputs.map((each) => ({ ...this.dataset(each), facets: { schema: this.#schema(each) } })),
      outputs: [
        {
          ...this.dataset(job),
          facets: { schema: this.#schema(job), columnLineage: this.#columnLineage(job, inputs), ...OVERWRITE },
          ...(type === 'START' ? {} : { outputFacets: OUTPUT_FACETS }),
        },
      ],
    };
  }

  #schema(dataset: number): object {
    const fields = Array.from({ length: this.workload.columns }, (_, column) => ({
      name: columnName(dataset, column),
      type: TYPES[(Math.abs(dataset) + column) % TYPES.length],
    }));
    return { ...facet('1-2-0/SchemaDatasetFacet.json'), fields };
  }

  #columnLineage(job: number, inputs: readonly number[]): object {
    const fields: Record<string, object> = {};
    for (let column = 0; column < this.workload.columns; column++) {
      const from = inputs[column % inputs.length] ?? -1;
      fields[columnName(job, column)] = {
        inputFields: [
          {
            ...this.dataset(from),
            field: columnName(from, column),
            transformations: [DIRECT[column % DIRECT.length]],
          },
        ],
      };
    }
    const joined = inputs.slice(0, 2).map((from) => ({
      ...this.dataset(from),
      field: columnName(from, 0),
      transformations: [{ type: 'INDIRECT', subtype: 'JOIN' }],
    }));
    return { ...facet('1-2-0/ColumnLineageDatasetFacet.json'), fields, dataset: joined };
  }

  #jobFacets(job: number, inputs: readonly number[]): object {
    const columns = Array.from({ length: this.workload.columns }, (_, column) => {
      const from = inputs[column % inputs.length] ?? -1;
      return `t${column % inputs.length}.${columnName(from, column)} AS ${columnName(job, column)}`;
    });
    const joins = inputs.slice(1).map((from, i) => `JOIN ${this.dataset(from).name} t${i + 1} USING (id)`);
    return {
      jobType: {
        ...facet('2-0-4/JobTypeJobFacet.json'),
        processingType: 'BATCH',
        integration: 'SPARK',
        jobType: 'SQL_JOB',
      },
      sql: {
        ...facet('1-1-0/SQLJobFacet.json'),
        query: `INSERT INTO ${this.dataset(job).name} SELECT ${columns.join(', ')} FROM ${this.dataset(inputs[0] ?? -1).name} t0 ${joins.join(' ')}`,
        dialect: 'spark',
      },
    };
  }
}

const SUBJECTS = ['sales', 'finance', 'marketing', 'logistics', 'support'] as const;
const TYPES = ['bigint', 'varchar', 'numeric(18,2)', 'timestamp', 'boolean', 'date'] as const;
const WORDS = [
  'order',
  'customer',
  'amount',
  'status',
  'region',
  'created',
  'updated',
  'channel',
  'currency',
  'quantity',
] as const;
const DIRECT = [
  { type: 'DIRECT', subtype: 'IDENTITY' },
  { type: 'DIRECT', subtype: 'TRANSFORMATION' },
  { type: 'DIRECT', subtype: 'AGGREGATION' },
] as const;
/** Spark says it with each run: one more mark in the graph each time. */
const OVERWRITE = {
  lifecycleStateChange: {
    ...facet('1-0-1/LifecycleStateChangeDatasetFacet.json'),
    lifecycleStateChange: 'OVERWRITE',
  },
};
const OUTPUT_FACETS = {
  outputStatistics: { ...facet('1-0-2/OutputStatisticsOutputDatasetFacet.json'), rowCount: 120_000, size: 48_000_000 },
};

function runFacets(job: number): object {
  const of = { run: { runId: '%parent%' }, job: { namespace: JOBS, name: dagOf(job) } };
  return {
    nominalTime: { ...facet('1-0-1/NominalTimeRunFacet.json'), nominalStartTime: '%hour%' },
    parent: { ...facet('1-1-0/ParentRunFacet.json'), ...of, root: of },
    processing_engine: {
      ...facet('1-1-1/ProcessingEngineRunFacet.json'),
      name: 'spark',
      version: '3.5.1',
      openlineageAdapterVersion: '1.52.0',
    },
  };
}

function facet(schema: string): { _producer: string; _schemaURL: string } {
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${schema}` };
}

/** 20 jobs to a DAG. */
function dagOf(job: number): string {
  return `dag_${String(Math.floor(job / 20)).padStart(5, '0')}`;
}

function columnName(dataset: number, column: number): string {
  return `${WORDS[(Math.abs(dataset) + column) % WORDS.length]}_${column}`;
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}

function valuesOf({ job, run }: RunOf, at: number): Readonly<Record<string, string>> {
  const dagRun = Math.floor(job / 20) * 1_000_000 + Math.floor(at / 3_600_000 - FIRST_EVENT / 3_600_000);
  return {
    at: new Date(at).toISOString(),
    hour: new Date(at - (at % 3_600_000)).toISOString(),
    run: uuid(1, run),
    parent: uuid(2, dagRun),
  };
}

function uuid(kind: number, number: number): string {
  return `0194${String(kind).padStart(4, '0')}-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** Spread over all 31 bits, the same at every run. */
function mixed(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x27d4eb2f, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}
