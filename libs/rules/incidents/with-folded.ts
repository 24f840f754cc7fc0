import { type Breach, breachKey, keyOf } from './breach.ts';
import { compare, type FoldedBreach, HEADWATER, type Incident, type IncidentEntry, withEntries } from './incident.ts';

/** With the breaches that are part of it now, and those that were and recovered. The same object where nothing is new. */
export function withFolded(
  incident: Incident,
  members: readonly Breach[],
  breaches: ReadonlyMap<string, Breach>,
  at: number,
): Incident {
  let next = incident;
  let changed = false;
  const entries: IncidentEntry[] = [];
  const folded = new Map(incident.folded.map((one) => [breachKey(one.rule, one.subject), one]));
  const inside = new Set(members.map(keyOf));
  for (const [key, one] of folded) {
    if (one.recoveredAt !== null || inside.has(key)) continue;
    changed = true;
    if (breaches.has(key)) {
      folded.delete(key);
      next = withoutMember(next, sayMember(one), at);
    } else {
      folded.set(key, { ...one, recoveredAt: at });
      entries.push({ at, who: HEADWATER, did: 'recovered', note: sayMember(one) });
    }
  }
  for (const member of members) {
    const key = keyOf(member);
    const known = folded.get(key);
    if (known !== undefined && known.recoveredAt === null && known.kind === member.kind) continue;
    const { rule, subject, kind, since } = member;
    changed = true;
    folded.set(key, { rule, subject, kind, since, recoveredAt: null });
    entries.push({ at, who: HEADWATER, did: 'folded', note: sayMember(member) });
  }
  if (!changed) return incident;
  return { ...withEntries(next, entries), folded: [...folded.values()].sort(bySubjectAndRule) };
}

const sayMember = ({ subject, rule }: { readonly subject: string; readonly rule: string }): string =>
  `${subject} (${rule})`;

/** It turned out to have another cause. What came and went at one time was never here. */
function withoutMember(incident: Incident, member: string, at: number): Incident {
  const timeline = incident.timeline.filter(
    (entry) => entry.at !== at || entry.did !== 'folded' || entry.note !== member,
  );
  if (timeline.length < incident.timeline.length) return { ...incident, timeline };
  return withEntries(incident, [{ at, who: HEADWATER, did: 'unfolded', note: member }]);
}

const bySubjectAndRule = (a: FoldedBreach, b: FoldedBreach): number =>
  compare(a.subject, b.subject) || compare(a.rule, b.rule);
