import type { Asset } from '#lineage';
import { type ObjectFields, objectFields } from '../object-fields.ts';

interface Freshness {
  readonly state: 'UNKNOWN';
  readonly dataTime: null;
  readonly deadline: null;
  readonly policy: null;
  readonly why: readonly FreshnessStep[];
}

interface FreshnessStep {
  readonly at: string;
  readonly dataTime: null;
  readonly because: string;
}

/** UNKNOWN is the truth: this endpoint has no read of data times and states yet; changes of state are in the feed. */
export const freshnessOf = (dataset: Asset): Freshness => ({
  state: 'UNKNOWN',
  dataTime: null,
  deadline: null,
  policy: null,
  why: [
    {
      at: dataset.id,
      dataTime: null,
      because: 'how fresh it is can not be asked here yet: changes of its freshness are in the change feed',
    },
  ],
});

export const freshnessTypes: Readonly<Record<string, ObjectFields>> = {
  Freshness: objectFields<Freshness>(['state', 'dataTime', 'deadline', 'policy', 'why']),
  FreshnessStep: objectFields<FreshnessStep>(['at', 'dataTime', 'because']),
  FreshnessPolicy: objectFields<{ name: string; source: string; text: string }>(['name', 'source', 'text']),
};
