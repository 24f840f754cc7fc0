/** The state of a dataset at an instant, from what is kept of its data time and its policies. */
import { evaluateFreshness, type Reach, worstOf } from './evaluate-freshness.ts';
import { type FreshnessPolicy, policyText } from './freshness-policy.ts';
import type { FreshnessAnswer } from './freshness-reads.ts';

/** All that an answer follows from but the clock. */
export interface KeptFreshness {
  readonly policies: readonly FreshnessPolicy[];
  readonly reach: Reach;
  /** From the dataset itself upwards; `at` is a node id. */
  readonly path: FreshnessAnswer['why'];
}

/**
 * @param dataset its node id
 * @param kept null: nothing that has a policy is made from it
 * @param now ms
 */
export function freshnessAnswer(dataset: string, kept: KeptFreshness | null, now: number): FreshnessAnswer {
  if (kept === null) return unwatched(dataset);
  const { policies, reach, path } = kept;
  const judged = policies.map((policy) => ({ policy, verdict: evaluateFreshness(policy, reach, now) }));
  const { state, deadline } = worstOf(judged.map(({ verdict }) => verdict));
  const deciding = judged.find(({ verdict }) => verdict.state === state && verdict.deadline === deadline)?.policy;
  return {
    state,
    dataTime: reach.at,
    deadline,
    policy:
      deciding === undefined ? null : { name: deciding.name, source: deciding.source, text: policyText(deciding) },
    why: path,
  };
}

const unwatched = (at: string): FreshnessAnswer => ({
  state: 'NOT_APPLICABLE',
  dataTime: null,
  deadline: null,
  policy: null,
  why: [
    {
      at,
      dataTime: null,
      because: 'no policy asks anything of it or of what is made from it: its data time is not kept',
    },
  ],
});
