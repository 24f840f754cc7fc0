/** The values that conditions and templates see, from the read view. */
import {
  type ConditionValue,
  type ConditionValues,
  type PlainValue,
  plainValue,
  timeValue,
} from '../conditions/condition-values.ts';
import type { Rule } from '../language/rule-set.ts';
import type { ObservedChange } from './occasion.ts';
import type { IncidentView, NodeView, ReadView, RunView } from './read-view.ts';

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
    rule: plainValue({ name: rule.name }),
    now: timeValue(now),
  };
}

const record = (fields: Readonly<Record<string, PlainValue | Date>>): ConditionValue => new Map(Object.entries(fields));

/** What a freshness policy's condition sees. */
export const nodeValue = (node: NodeView): ConditionValue =>
  record({
    id: node.id,
    kind: node.kind,
    namespace: node.namespace,
    name: node.name,
    tags: plainValue(node.tags),
    owners: plainValue(node.owners),
    description: node.description,
    type: node.type,
    lifecycle: node.lifecycle,
    fields: plainValue(node.fields),
    processing: node.processing,
    integration: node.integration,
  });

const runValue = ({ id, state, startedAt, endedAt, nominalStart, error }: RunView): ConditionValue =>
  record({
    id,
    state,
    startedAt: timeValue(startedAt),
    endedAt: timeValue(endedAt),
    nominalStart: timeValue(nominalStart),
    error,
  });

const changeValue = (change: ObservedChange): ConditionValue =>
  record({
    kind: change.kind,
    at: timeValue(change.at),
    seen: timeValue(change.seen),
    text: change.text,
    breaking: change.breaking === true,
    corrected: change.corrected,
    before: plainValue(change.before),
    after: plainValue(change.after),
    hit: plainValue(change.hit ?? []),
  });

const incidentValue = ({ id, kind, state, since, assignee }: IncidentView): ConditionValue =>
  record({ id, kind, state, since: timeValue(since), assignee });
