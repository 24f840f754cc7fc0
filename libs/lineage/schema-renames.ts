/**
 * Which fields of a dataset were renamed, as far as column lineage shows it: what fed the field that is gone feeds the
 * field that is new, and nothing else that came or went.
 *
 * ```
 * before   src.mail ─(copy)─→ customers.email        after   src.mail ─(copy)─→ customers.mail
 *          src.name ─(copy)─→ customers.name                 src.name ─(copy)─→ customers.name
 *                                                            src.name ─(copy)─→ customers.label    added: name is still there
 * ```
 */

/** One thing that flows into a field. */
export interface FieldFeed {
  /** Name of the field that is fed. */
  readonly field: string;
  /** Id of the field or dataset that it comes from. */
  readonly from: string;
  readonly job: string | null;
  /** DIRECT, INDIRECT. */
  readonly type: string;
  readonly subtype: string | null;
}

/** @returns former names by new name */
export function renamesByLineage(
  removed: readonly string[],
  added: readonly string[],
  before: readonly FieldFeed[],
  after: readonly FieldFeed[],
): ReadonlyMap<string, string> {
  const gone = bySignature(removed, before);
  const come = bySignature(added, after);
  const renames = new Map<string, string>();
  for (const [signature, names] of come) {
    const former = gone.get(signature) ?? [];
    const [is, was] = [names[0], former[0]];
    // Two that are fed alike could each be the other: a guess would hide a break.
    if (names.length === 1 && former.length === 1 && is !== undefined && was !== undefined) renames.set(is, was);
  }
  return renames;
}

/** Fields by what feeds them directly: a filter or a join condition says nothing of what a field is. */
function bySignature(fields: readonly string[], feeds: readonly FieldFeed[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const field of new Set(fields)) {
    const own = feeds
      .filter((feed) => feed.field === field && feed.type !== 'INDIRECT')
      .map(({ from, job, subtype }) => JSON.stringify([from, job, subtype]));
    if (own.length === 0) continue;
    const signature = [...new Set(own)].sort().join();
    const alike = found.get(signature);
    if (alike === undefined) found.set(signature, [field]);
    else alike.push(field);
  }
  return found;
}
