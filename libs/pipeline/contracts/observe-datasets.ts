/** What is known of datasets, as contracts are checked against it. */
import { type GraphReader, type ObservedDataset, offersFreshnessReads, type Reach, type Statistics } from '#lineage';
import { dataVersions } from '../react/job-inputs.ts';
import { RecentRuns } from '../react/recent-runs.ts';

/** Statistics that are looked at for the last one with a row count. */
const STATISTICS = 20;

/** @param datasets canonical ids */
export async function observeDatasets(
  reader: GraphReader,
  datasets: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, ObservedDataset>> {
  if (datasets.length === 0) return new Map();
  const [schemas, statistics, versions, freshness] = await Promise.all([
    reader.schemas(datasets),
    reader.statistics(datasets, STATISTICS),
    dataVersions(reader, new RecentRuns(reader), datasets, now),
    offersFreshnessReads(reader) ? reader.freshness(datasets, now) : null,
  ]);
  const runs = [...new Set([...statistics.values()].flat().flatMap(({ run }) => run ?? []))];
  const told = runs.length === 0 ? [] : await reader.runsById(runs);
  const writers = new Map(runs.map((run, i) => [run, told[i]?.run.writes ?? []]));
  return new Map(
    datasets.map((id) => {
      const answer = freshness?.get(id);
      const at = answer?.dataTime ?? null;
      const reach: Reach =
        at === null ? { at, reason: answer?.why[0]?.because ?? 'its data time is not kept' } : { at };
      return [
        id,
        {
          schema: schemas.get(id) ?? null,
          reach,
          writtenAt: versions.get(id)?.updatedAt ?? null,
          rows: rowsIn(
            // What a reader read may be a part of it.
            (statistics.get(id) ?? []).filter(({ run }) => run === null || writers.get(run)?.includes(id)),
          ),
        },
      ];
    }),
  );
}

/** @param statistics newest first */
function rowsIn(statistics: readonly Statistics[]): ObservedDataset['rows'] {
  for (const { at, rows } of statistics) if (rows !== null) return { at, count: rows };
  return null;
}
