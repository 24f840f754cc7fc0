/** The values that conditions and templates see, from the read view. */
import { type ConditionValues, celOf, timeValue } from '../conditions/condition-values.ts';
import type { Rule } from '../language/rule-set.ts';
import type { ObservedChange } from './occasion.ts';
import type { IncidentView, NodeView, ReadView, RunView } from './read-view.ts';

type Values = ConditionValues[string];

/** @param incident the open one; for templates else the one that is about to open */
export function decisionValues(
  rule: Rule,
  change: ObservedChange,
  view: ReadView,
  incident: IncidentView | null,
  now: number,
): ConditionValues {
  return {
    subject: nodeValue(view.subject),
    dataset: view.dataset === null ? null : nodeValue(view.dataset),
    job: view.job === null ? null : nodeValue(view.job),
    run: view.run === null ? null : runValue(view.run),
    change: changeValue(change),
    incident: incident === null ? null : incidentValue(incident),
    rule: celOf({ name: rule.name }),
    now: timeValue(now),
  };
}

const record = (fields: Readonly<Record<string, Values>>): Values => new Map(Object.entries(fields));

/** What a freshness policy's condition sees. */
export const nodeValue = (node: NodeView): Values =>
  record({
    id: node.id,
    kind: node.kind,
    namespace: node.namespace,
    name: node.name,
    tags: celOf(node.tags),
    owners: celOf(node.owners),
    description: node.description,
    type: node.type,
    lifecycle: node.lifecycle,
    fields: celOf(node.fields),
    processing: node.processing,
    integration: node.integration,
  });

const runValue = ({ id, state, startedAt, endedAt, nominalStart, error }: RunView): Values =>
  record({
    id,
    state,
    startedAt: timeValue(startedAt),
    endedAt: timeValue(endedAt),
    nominalStart: timeValue(nominalStart),
    error,
  });

const changeValue = (change: ObservedChange): Values =>
  record({
    kind: change.kind,
    at: timeValue(change.at),
    seen: timeValue(change.seen),
    text: change.text,
    breaking: change.breaking === true,
    corrected: change.corrected,
    before: celOf(change.before),
    after: celOf(change.after),
    hit: celOf(change.hit ?? []),
  });

const incidentValue = ({ id, kind, state, since, assignee }: IncidentView): Values =>
  record({ id, kind, state, since: timeValue(since), assignee });
