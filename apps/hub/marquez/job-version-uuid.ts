import { derivedUuid } from './derived-uuid.ts';

/**
 * The version of a job that reads and writes these datasets. As in Marquez, what a job reads and writes makes its
 * version: a run, the job's current state and a version in its history get the same UUID where they agree in that.
 */
export function jobVersionUuid(
  job: string,
  io: { readonly reads: readonly string[]; readonly writes: readonly string[] },
): string {
  return derivedUuid('jobVersion', job, JSON.stringify([...io.reads].sort()), JSON.stringify([...io.writes].sort()));
}
