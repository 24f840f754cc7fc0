/** The last runs of jobs, read once in a round of deciding: versions of data, inputs of jobs and chains of causes all ask for them. */
import type { GraphReader, Run } from '#lineage';

/** Of a job so many are looked at: one that fails more often in a row hides its last success. */
const RUNS_OF_A_JOB = 20;

export class RecentRuns {
  readonly #reader: Pick<GraphReader, 'recentRuns'>;
  readonly #most: number;
  readonly #asked = new Map<string, Promise<readonly Run[]>>();

  /** @param most of a job */
  constructor(reader: Pick<GraphReader, 'recentRuns'>, most: number = RUNS_OF_A_JOB) {
    this.#reader = reader;
    this.#most = most;
  }

  /** By job, newest start first. */
  async of(jobs: readonly string[]): Promise<ReadonlyMap<string, readonly Run[]>> {
    const fresh = [...new Set(jobs)].filter((job) => !this.#asked.has(job));
    if (fresh.length > 0) {
      const runs = this.#reader.recentRuns(fresh, this.#most);
      for (const job of fresh)
        this.#asked.set(
          job,
          runs.then((found) => found.get(job) ?? []),
        );
    }
    const runs = await Promise.all(jobs.map((job) => this.#asked.get(job) ?? []));
    return new Map(jobs.map((job, i) => [job, runs[i] ?? []]));
  }
}
