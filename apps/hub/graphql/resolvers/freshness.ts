import type { Asset, FreshnessAnswer } from '#lineage';
import type { GraphReads } from '../graph-reads.ts';
import { type ObjectFields, objectFields } from '../object-fields.ts';

/** UNKNOWN where the store keeps no data times. */
export async function freshnessOf({ id }: Asset, reads: GraphReads): Promise<FreshnessAnswer> {
  const because = 'the store of this hub keeps no data times';
  return (
    (await reads.freshness(id)) ?? {
      state: 'UNKNOWN',
      dataTime: null,
      deadline: null,
      policy: null,
      why: [{ at: id, dataTime: null, because }],
    }
  );
}

export const freshnessTypes: Readonly<Record<string, ObjectFields>> = {
  Freshness: objectFields<FreshnessAnswer>(['state', 'dataTime', 'deadline', 'policy', 'why']),
  FreshnessStep: objectFields<FreshnessAnswer['why'][number]>(['at', 'dataTime', 'because']),
  FreshnessPolicy: objectFields<NonNullable<FreshnessAnswer['policy']>>(['name', 'source', 'text']),
};
