/** What is sent for a decision: made when it is decided, so that each attempt sends the same. */
import { createHash } from 'node:crypto';
import { formatInstant } from '#lineage';
import type { Decision, PlannedAction, PlannedDelivery } from '#rules';

export const planDeliveries = (decision: Decision): readonly PlannedDelivery[] =>
  decision.actions.map((action) => ({
    id: deliveryId(action.key),
    decision: decision.id,
    rule: decision.rule,
    subject: decision.subject,
    to: targetOf(action),
    action,
    body: action.do === 'webhook' ? webhookBody(decision) : JSON.stringify(action),
    at: decision.at,
  }));

/** Keys hold names in any script; a header holds ASCII. */
export const deliveryId = (key: string): string => `dlv_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;

function targetOf(action: PlannedAction): string {
  switch (action.do) {
    case 'webhook':
      return `webhook:${action.webhook}`;
    case 'trigger': {
      const { tool, connection } = action.trigger;
      return `trigger:${tool}${connection === null ? '' : `:${connection}`}`;
    }
    default:
      return action.do;
  }
}

/** As in the contract. Times are RFC 3339. */
export function webhookBody(decision: Decision): string {
  const { change, subject } = decision;
  return JSON.stringify({
    type: change.kind,
    timestamp: formatInstant(decision.at),
    data: {
      decision: decision.id,
      rule: decision.rule,
      subject,
      job: decision.job,
      change: {
        sequence: change.sequence,
        kind: change.kind,
        at: formatInstant(change.at),
        seen: formatInstant(change.seen),
        text: change.text,
        breaking: change.breaking,
        corrected: change.corrected,
        before: change.before,
        after: change.after,
      },
      hit: change.hit ?? [],
      incident: decision.incident?.incident ?? incidentIn(change.after),
      why: decision.text,
      links: { lineage: `/api/v1/lineage?nodeId=${encodeURIComponent(subject)}` },
    },
  });
}

/** Of a change that is about an incident. */
function incidentIn(after: unknown): string | null {
  if (typeof after !== 'object' || after === null || !('incident' in after)) return null;
  return typeof after.incident === 'string' ? after.incident : null;
}
