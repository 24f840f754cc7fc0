/**
 * Policies of rule files as `headwater_freshness` facets: the graph holds them as it holds those that datasets bring
 * along, and has one way of judging both. Each policy is a source of its own, so that several hold for one dataset, and
 * each can be taken back.
 */
import { canonicalJson } from '../canonical-json.ts';
import { type FreshnessPolicy, readPolicy, written } from './freshness-policy.ts';

/** No end that looks like a version: it would not be part of the source. */
const END = ':freshness';

export const policySource = (name: string): string => `rules:${name}${END}`;

export const isPolicySource = (source: string): boolean => source.startsWith('rules:') && source.endsWith(END);

/** What `readPolicy` reads as the policy. */
export function policyFacet({
  name,
  maxAge,
  cron,
}: Omit<FreshnessPolicy, 'source'>): Readonly<Record<string, unknown>> {
  const age = maxAge === null ? [] : Object.entries(maxAge).filter(([, ms]) => ms !== null);
  return {
    ...(maxAge === null ? {} : { maxAge: Object.fromEntries(age.map(([key, ms]) => [key, written(ms ?? 0)])) }),
    ...(cron === null ? {} : { cron: { ...cron, lowerBound: written(cron.lowerBound) } }),
    declaredBy: name,
  };
}

/** A facet as it is served asks what the policy asks. */
export function isPolicyFacet(value: unknown, { name, maxAge, cron }: Omit<FreshnessPolicy, 'source'>): boolean {
  const read = readPolicy(value, name, '');
  return (
    'policy' in read &&
    read.policy !== null &&
    canonicalJson([read.policy.maxAge, read.policy.cron]) === canonicalJson([maxAge, cron])
  );
}
