/** Rules in force, incidents, and what people do about them. */
import type { Incident, IncidentCommand, IncidentEntry, IncidentState, Problem } from '#rules';
import { changeStream } from '../change-stream.ts';
import { type Optional, pageSize } from '../check-arguments.ts';
import { badInput, GraphqlFailure } from '../graphql-failure.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { RuleNode } from '../rule-reads.ts';
import type { Session } from '../session.ts';
import { type KeptConnection, keptConnection, place, ruleOf, subjectIds } from './decisions.ts';
import { nodeOrGone } from './node.ts';

interface IncidentFilter {
  readonly states?: Optional<readonly IncidentState[]>;
  readonly subjects?: Optional<readonly string[]>;
  readonly rules?: Optional<readonly string[]>;
}

interface IncidentArgs {
  readonly filter?: Optional<IncidentFilter>;
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

async function incidents({ filter, first, after }: IncidentArgs, session: Session): Promise<KeptConnection<Incident>> {
  const size = pageSize(first, 50, session.limits);
  const from = place(after);
  if (session.rules === null) return keptConnection({ items: [], next: null });
  const page = await session.rules.store.incidents({
    states: filter?.states ?? null,
    subjects: await subjectIds(filter?.subjects, session),
    rules: filter?.rules ?? null,
    first: size,
    after: from,
  });
  return keptConnection(page);
}

async function handle(id: string, command: IncidentCommand, session: Session): Promise<Incident> {
  const reads = session.requireRules('incidents');
  session.require('operate');
  const known = await reads.incident(id);
  if (known === null) throw new GraphqlFailure('NOT_FOUND', `there is no incident ${id}`);
  const refused = await session.deps.rules?.reactor.handle(id, command, session.viewer.name);
  if (refused) throw new GraphqlFailure('CONFLICT', `${refused}. Nothing was changed.`);
  const [after] = await reads.store.incident([id]);
  return after ?? known;
}

interface PauseArgs {
  readonly name?: Optional<string>;
  readonly reason: string;
}

async function pause({ name, reason }: PauseArgs, session: Session): Promise<readonly RuleNode[]> {
  const reads = session.requireRules('pauses of rules');
  session.require('operate');
  if (reason.trim() === '') throw badInput('reason is empty: say why, for whoever finds the rule paused');
  const rule = name === null || name === undefined ? null : ruleOf(reads.rule(name).rule, name, session);
  const at = session.deps.clock.now();
  await session.deps.rules?.reactor.pause(rule, { by: session.viewer.name, at, reason });
  return rule === null ? reads.rules() : [reads.rule(rule.name)];
}

async function resume({ name }: { readonly name?: Optional<string> }, session: Session): Promise<readonly RuleNode[]> {
  const reads = session.requireRules('pauses of rules');
  session.require('operate');
  const rule = name === null || name === undefined ? null : ruleOf(reads.rule(name).rule, name, session);
  await session.deps.rules?.reactor.resume(rule);
  return rule === null ? reads.rules() : [reads.rule(rule.name)];
}

/** Each time something happens to one: as it is then. */
async function newIncidents(filter: Optional<IncidentFilter>, session: Session): Promise<AsyncIterator<Incident>> {
  session.require('read');
  const subjects = await subjectIds(filter?.subjects, session);
  const stream = changeStream<Incident>(
    session,
    () => false,
    () => {
      throw new Error('no change is an incident');
    },
  );
  const unhear = session.deps.rules?.onIncidents((changed) => {
    stream.push(
      changed.filter(
        ({ state, subject, rule }) =>
          (filter?.states ?? [state]).includes(state) &&
          (subjects ?? [subject]).includes(subject) &&
          (filter?.rules ?? [rule]).includes(rule),
      ),
    );
  });
  const end = stream.return;
  stream.return = () => {
    unhear?.();
    return end();
  };
  return stream;
}

interface Handling {
  readonly incident: string;
}

export const incidentQuery: ObjectFields = objectFields<object>([], {
  ruleProblems: (_query, _args, { session }) => session.deps.rules?.keeper.status().problems ?? [],
  rules: (_query, _args: object, { session }) => session.rules?.rules() ?? [],
  incidents: (_query, args: IncidentArgs, { session }) => incidents(args, session),
});

export const incidentMutation: ObjectFields = objectFields<object>([], {
  acknowledge: (_mutation, { incident, note }: Handling & { readonly note?: Optional<string> }, { session }) =>
    handle(incident, { do: 'acknowledge', note: note ?? null }, session),
  assign: (_mutation, { incident, to }: Handling & { readonly to: string }, { session }) =>
    handle(incident, { do: 'assign', to }, session),
  snooze: (_mutation, { incident, until }: Handling & { readonly until: number }, { session }) =>
    handle(incident, { do: 'snooze', until }, session),
  resolve: (_mutation, { incident, reason }: Handling & { readonly reason: string }, { session }) =>
    handle(incident, { do: 'resolve', reason }, session),
  pauseRules: (_mutation, args: PauseArgs, { session }) => pause(args, session),
  resumeRules: (_mutation, args: { readonly name?: Optional<string> }, { session }) => resume(args, session),
});

export const incidentSubscription: ObjectFields = {
  plain: [],
  resolve: { incidents: (incident: Incident) => incident },
  subscribe: {
    incidents: (_root: unknown, { filter }: { filter?: Optional<IncidentFilter> }, { session }: GraphqlContext) =>
      newIncidents(filter, session),
  },
};

export const incidentTypes: Readonly<Record<string, ObjectFields>> = {
  Rule: objectFields<RuleNode>(['name'], {
    on: ({ rule }) => rule?.on ?? [],
    source: ({ rule }) => rule?.fingerprint ?? '',
    file: ({ rule }) => rule?.place.file ?? null,
    line: ({ rule }) => rule?.place.line ?? null,
    paused: (node, _args: object, { session }: GraphqlContext) => session.rules?.isPaused(node) ?? false,
    lastFired: ({ name }, _args: object, { session }: GraphqlContext) => session.rules?.lastFired(name) ?? null,
  }),
  Incident: objectFields<Incident>(['id', 'kind', 'state', 'openedAt', 'resolvedAt', 'assignee', 'timeline'], {
    subject: ({ subject }, _args: object, { session }: GraphqlContext) => nodeOrGone(subject, session.reads),
    rule: ({ rule }, _args: object, { session }: GraphqlContext) => session.rules?.rule(rule) ?? null,
    // An incident is about its own cause: what follows from it is folded.
    cause: ({ subject }, _args: object, { session }: GraphqlContext) => nodeOrGone(subject, session.reads),
    folded: ({ folded }, _args: object, { session }: GraphqlContext) =>
      Promise.all([...new Set(folded.map((one) => one.subject))].map((id) => nodeOrGone(id, session.reads))),
  }),
  RuleProblem: objectFields<Problem>(['file', 'line', 'column', 'message']),
  IncidentEntry: objectFields<IncidentEntry>(['at', 'who', 'did', 'note']),
  IncidentConnection: objectFields<KeptConnection<Incident>>(['nodes', 'pageInfo']),
};
