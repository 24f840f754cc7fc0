import type { Run } from '#lineage';
import { derivedUuid } from './derived-uuid.ts';
import type { MarquezContext } from './marquez-context.ts';

export interface DatasetVersion {
  readonly uuid: string;
  /** The run that wrote it; null: nobody is known to have written the dataset. */
  readonly run: Run | null;
}

/** Runs looked at per writer: an input is nearly always a version of its writers' last few runs. */
const RECENT = 10;

/**
 * Versions of datasets as Marquez counts them: each run that wrote a dataset made one, and whoever reads it reads the
 * last one made before.
 *
 * ```
 * writer w1 ──COMPLETE    w2 ──COMPLETE    w3 ──FAIL        versions of d: (d, w1), (d, w2)
 * reader             r1               r2             r3     r1 reads (d, w1), r2 and r3 read (d, w2)
 * ```
 */
export class DatasetVersions {
  readonly #made: ReadonlyMap<string, readonly Run[]>;

  private constructor(made: ReadonlyMap<string, readonly Run[]>) {
    this.#made = made;
  }

  /** Two calls, however many datasets. */
  static async of(
    context: MarquezContext,
    datasets: Iterable<string>,
    recent: number = RECENT,
  ): Promise<DatasetVersions> {
    const ids = [...new Set(datasets)];
    if (ids.length === 0) return new DatasetVersions(new Map());
    const neighbours = await context.reader.neighbours(ids);
    const writers = new Set(ids.flatMap((id) => neighbours.get(id)?.writers ?? []));
    const runs =
      writers.size === 0 ? new Map<string, readonly Run[]>() : await context.reader.recentRuns([...writers], recent);
    return new DatasetVersions(
      new Map(
        ids.map((id) => {
          const written = (neighbours.get(id)?.writers ?? [])
            .flatMap((job) => runs.get(job) ?? [])
            .filter((run) => madeAt(run) !== null && run.writes.includes(id));
          return [id, written.sort(lastMadeFirst)];
        }),
      ),
    );
  }

  /** Last made first. */
  all(dataset: string): readonly DatasetVersion[] {
    const made = this.#made.get(dataset) ?? [];
    return made.length === 0
      ? [DatasetVersions.unwritten(dataset)]
      : made.map((run) => DatasetVersions.writtenBy(dataset, run));
  }

  current(dataset: string): DatasetVersion {
    return this.all(dataset)[0] ?? DatasetVersions.unwritten(dataset);
  }

  /** What a run that began at `time` read. A run doesn't read what it writes itself. */
  readAt(dataset: string, time: number, reader: string): DatasetVersion {
    const run = (this.#made.get(dataset) ?? []).find(
      (each) => each.id !== reader && (madeAt(each) ?? Infinity) <= time,
    );
    return run === undefined ? DatasetVersions.unwritten(dataset) : DatasetVersions.writtenBy(dataset, run);
  }

  static writtenBy(dataset: string, run: Run): DatasetVersion {
    return { uuid: derivedUuid('datasetVersion', dataset, run.id), run };
  }

  static unwritten(dataset: string): DatasetVersion {
    return { uuid: derivedUuid('datasetVersion', dataset), run: null };
  }
}

/** A batch run's output counts from its end; a continuous one's from its beginning; a failed run's never. */
function madeAt(run: Run): number | null {
  if (run.state === 'FAILED' || run.state === 'ABORTED') return run.processing === 'BATCH' ? null : run.startedAt;
  return run.processing === 'BATCH' ? run.endedAt : run.startedAt;
}

function lastMadeFirst(a: Run, b: Run): number {
  const byTime = (madeAt(b) ?? 0) - (madeAt(a) ?? 0);
  return byTime === 0 ? (a.id < b.id ? 1 : -1) : byTime;
}
