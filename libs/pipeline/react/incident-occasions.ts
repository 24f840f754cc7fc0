/** What happens to incidents is a reason to decide, as changes of the feed are: `incident.opened`, `incident.resolved`. */
import { formatInstant } from '#lineage';
import type { Breach, Incident, IncidentStep, Occasion } from '#rules';

/** @param now when it happened, ms */
export const incidentOccasions = (steps: readonly IncidentStep[], now: number): readonly Occasion[] =>
  steps.flatMap(({ did, incident }) => (did === 'changed' ? [] : [occasionOf(did, incident, now)]));

function occasionOf(did: 'opened' | 'resolved', incident: Incident, now: number): Occasion {
  const { id, rule, subject, kind, since, resolvedAt, openedAt, folded, timeline } = incident;
  const at = did === 'opened' ? since : (resolvedAt ?? now);
  const note = timeline.at(-1)?.note ?? kind;
  return {
    key: `${id}:${did}:${did === 'opened' ? openedAt : at}`,
    change: {
      sequence: null,
      kind: `incident.${did}`,
      subject,
      at,
      seen: now,
      text:
        did === 'opened'
          ? `${kind} is an incident now`
          : `the incident of ${kind} since ${formatInstant(since)} is over: ${note}`,
      breaking: null,
      corrected: false,
      before: null,
      after: { incident: id, rule, kind, since: formatInstant(since), folded: folded.map((one) => one.subject) },
      hit: folded.map((one) => one.subject),
    },
  };
}

/** It waited for its cause's recovery in vain: it is decided anew, as a breach of its own. */
export const waitedInVain = ({ kind, subject, since, incident }: Breach, now: number): Occasion => ({
  key: `${incident}:alone:${now}`,
  change: {
    sequence: null,
    kind,
    subject,
    at: since,
    seen: now,
    text: 'what it was put down to is over, and it still holds',
    breaking: null,
    corrected: false,
    before: null,
    after: null,
  },
});
