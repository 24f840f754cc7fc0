import type { DeclaredRuns } from '#lineage';
import type { Rule } from '../language/rule-set.ts';

/**
 * What rules say of the runs of the jobs that they name, by job id as it is written. Where several speak of one job, the shortest
 * time counts, and the first cron. A rule that names no job has nothing to say: its times would be those of all jobs.
 */
export function declaredRuns(rules: readonly Rule[]): ReadonlyMap<string, DeclaredRuns> {
  const declared = new Map<string, DeclaredRuns>();
  for (const { jobs, expect } of rules) {
    if (expect === null) continue;
    for (const job of jobs ?? []) {
      const held = declared.get(job);
      const isFirst = held === undefined || held.cron === null;
      declared.set(job, {
        cron: isFirst ? expect.cron : held.cron,
        timezone: isFirst ? expect.timezone : held.timezone,
        grace: least(held?.grace ?? null, expect.grace),
        within: least(held?.within ?? null, expect.within),
      });
    }
  }
  return declared;
}

const least = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other);
