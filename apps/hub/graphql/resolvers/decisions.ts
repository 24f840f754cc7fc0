/** What was decided and why, what would have been decided, and what is delivered. */
import type { Change } from '#lineage';
import { playBack, subjectsAsked, whyNothing } from '#pipeline';
import {
  type Decision,
  type Delivery,
  type DryRun,
  type Explanation,
  explainDecision,
  lastDecision,
  type Rule,
} from '#rules';
import { ids, type Optional, pageSize, period } from '../check-arguments.ts';
import { badInput, GraphqlFailure } from '../graphql-failure.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { RuleNode } from '../rule-reads.ts';
import type { Session } from '../session.ts';
import { nodeOrGone } from './node.ts';

interface DecisionFilter {
  readonly rules?: Optional<readonly string[]>;
  readonly subjects?: Optional<readonly string[]>;
  readonly verdicts?: Optional<readonly Decision['verdict'][]>;
  readonly since?: Optional<number>;
}

interface DecisionArgs {
  readonly filter?: Optional<DecisionFilter>;
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

export interface KeptConnection<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const keptConnection = <T>(page: {
  readonly items: readonly T[];
  readonly next: string | null;
}): KeptConnection<T> => ({
  nodes: page.items,
  pageInfo: { hasNextPage: page.next !== null, endCursor: page.next },
});

/** `after` of a list of ours: a whole number. */
export function place(after: Optional<string>): string | null {
  if (after === null || after === undefined) return null;
  if (/^\d{1,15}$/.test(after)) return after;
  throw badInput(`after is ${JSON.stringify(after)}, not a place in the list: use an endCursor`);
}

/** Ids in any spelling; those of nodes that are gone stay as they are. */
export async function subjectIds(
  given: Optional<readonly string[]>,
  session: Session,
): Promise<readonly string[] | null> {
  if (given === null || given === undefined) return null;
  const asked = ids('filter.subjects', given, session.limits);
  const resolved = await session.reads.reader.resolve(asked);
  return [...new Set([...asked, ...resolved.filter((id) => id !== null)])];
}

async function decisions({ filter, first, after }: DecisionArgs, session: Session): Promise<KeptConnection<Decision>> {
  const size = pageSize(first, 50, session.limits);
  const from = place(after);
  if (session.rules === null) return keptConnection({ items: [], next: null });
  const page = await session.rules.store.decisions({
    rules: filter?.rules ?? null,
    subjects: await subjectIds(filter?.subjects, session),
    verdicts: filter?.verdicts ?? null,
    since: filter?.since ?? null,
    until: null,
    first: size,
    after: from,
  });
  return keptConnection(page);
}

/** The last decisions about what a job reads, of which other jobs may read it too. */
const LOOKED_AT = 100;

interface ExplainArgs {
  readonly rule: string;
  readonly subject: string;
  readonly at?: Optional<number>;
}

async function explain({ rule: name, subject, at }: ExplainArgs, session: Session): Promise<Explanation> {
  const reads = session.requireRules('explanations');
  const { rule } = reads.rule(name);
  const id = (await session.reads.reader.resolve([subject]))[0] ?? subject;
  const until = at ?? session.deps.clock.now();
  const subjects = rule === null ? [id] : await subjectsAsked(session.reads.reader, rule, id);
  const first = subjects.length === 1 ? 1 : LOOKED_AT;
  const query = { rules: [name], subjects, verdicts: null, since: null, until, first, after: null };
  const { items } = await reads.store.decisions(query);
  const last = lastDecision(items, name, id, until);
  if (last !== null) return explainDecision(last, rule);
  const why = await whyNothing(session.reads.reader, ruleOf(rule, name, session), id, until);
  if (why === null) throw new GraphqlFailure('NOT_FOUND', `nothing is known by the id ${subject}`);
  return why;
}

export function ruleOf(rule: Rule | null, name: string, session: Session): Rule {
  if (rule !== null) return rule;
  const known = session.rules?.rules().map((one) => one.name) ?? [];
  const names = known.length === 0 ? 'there are none' : `there are ${known.slice(0, 10).join(', ')}`;
  throw new GraphqlFailure('NOT_FOUND', `there is no rule ${name}; ${names}`);
}

interface DryRunArgs {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}

function played({ rule: name, from, to }: DryRunArgs, session: Session): Promise<DryRun> {
  const reads = session.requireRules('dry runs');
  period(from, to);
  return playBack(session.reads.reader, ruleOf(reads.rule(name).rule, name, session), from, to);
}

async function redeliver({ delivery }: { readonly delivery: string }, session: Session): Promise<Delivery> {
  const reads = session.requireRules('deliveries');
  session.require('operate');
  const sent = await reads.store.redeliver(delivery, session.deps.clock.now());
  if (sent === null) throw new GraphqlFailure('NOT_FOUND', `there is no delivery ${delivery}`);
  session.deps.rules?.dispatcher.planned([sent]);
  return sent;
}

export const decisionQuery: ObjectFields = objectFields<object>([], {
  decisions: (_query, args: DecisionArgs, { session }) => decisions(args, session),
  explain: (_query, args: ExplainArgs, { session }) => explain(args, session),
  dryRun: (_query, args: DryRunArgs, { session }) => played(args, session),
});

export const decisionMutation: ObjectFields = objectFields<object>([], {
  redeliver: (_mutation, args: { readonly delivery: string }, { session }) => redeliver(args, session),
});

/** One of the feed has its number; what a deadline or an incident brought has none, and is no change of the graph. */
const changeOf = ({ change }: Decision): Change | null =>
  change.sequence === null ? null : ({ ...change, sequence: change.sequence } as Change);

export const decisionTypes: Readonly<Record<string, ObjectFields>> = {
  Decision: objectFields<Decision>(['id', 'at', 'verdict', 'guard', 'text', 'conditions', 'chain'], {
    rule: ({ rule }, _args: object, { session }: GraphqlContext): RuleNode =>
      session.rules?.rule(rule) ?? { name: rule, rule: null },
    subject: ({ subject }, _args: object, { session }: GraphqlContext) => nodeOrGone(subject, session.reads),
    change: changeOf,
    incident: ({ incident }, _args: object, { session }: GraphqlContext) =>
      incident === null ? null : (session.rules?.incident(incident.incident) ?? null),
    deliveries: ({ id }, _args: object, { session }: GraphqlContext) => session.rules?.deliveries(id) ?? [],
  }),
  CauseLink: objectFields<Decision['chain'][number]>(['decision', 'rule', 'subject', 'job', 'at', 'how', 'through']),
  Explanation: objectFields<Explanation>(['fired', 'verdict', 'guard', 'conditions', 'text', 'decision']),
  ConditionResult: objectFields<Decision['conditions'][number]>(['text', 'value', 'met']),
  DryRun: objectFields<DryRun>(['fired', 'suppressed', 'notMet', 'cut'], {
    decisions: ({ decisions: all }, _args: object, { session }: GraphqlContext) => all.slice(0, session.limits.page),
  }),
  Delivery: objectFields<Delivery>([
    'id',
    'to',
    'state',
    'attempts',
    'lastStatus',
    'lastError',
    'nextAttempt',
    'deliveredAt',
  ]),
  DecisionConnection: objectFields<KeptConnection<Decision>>(['nodes', 'pageInfo']),
};
