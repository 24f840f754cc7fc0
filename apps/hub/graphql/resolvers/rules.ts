/**
 * Rules, decisions and incidents, of which this version has none. Lists are empty because there is nothing
 * to list; what would have to do something says that it can't.
 */
import { changeStream } from '../change-stream.ts';
import { type Optional, pageSize } from '../check-arguments.ts';
import { EMPTY } from '../connection.ts';
import { notAvailable } from '../graphql-failure.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';

const refuses = (what: string) => (): never => {
  throw notAvailable(what);
};

/** Arguments are checked all the same: a query that is wrong should not begin to fail only when there are rules. */
const emptyPage = (_query: object, { first }: { first?: Optional<number> }, { session }: GraphqlContext) => {
  pageSize(first, 50, session.limits);
  return EMPTY;
};

export const rulesQuery: ObjectFields = objectFields<object>([], {
  rules: () => [],
  incidents: emptyPage,
  decisions: emptyPage,
  explain: refuses('explanations'),
  dryRun: refuses('dry runs'),
});

export const rulesMutation: ObjectFields = objectFields<object>([], {
  acknowledge: refuses('incidents'),
  assign: refuses('incidents'),
  snooze: refuses('incidents'),
  resolve: refuses('incidents'),
  pauseRules: refuses('pauses of rules'),
  resumeRules: refuses('pauses of rules'),
  redeliver: refuses('deliveries'),
});

export const rulesSubscription: ObjectFields = {
  plain: [],
  resolve: { incidents: (incident: unknown) => incident },
  subscribe: {
    // Open and silent: a stream that ended would make clients subscribe again and again.
    incidents: (_root: unknown, _args: object, { session }: GraphqlContext) => {
      session.require('read');
      return changeStream(
        session,
        () => false,
        (change) => change,
      );
    },
  },
};

/** No source of these types exists yet, so the fields are named without one. */
const later = (...plain: readonly string[]): ObjectFields => ({ plain, resolve: {}, subscribe: {} });

export const rulesTypes: Readonly<Record<string, ObjectFields>> = {
  Rule: later('name', 'on', 'source', 'file', 'line', 'paused', 'lastFired'),
  Decision: later(
    'id',
    'at',
    'rule',
    'subject',
    'verdict',
    'guard',
    'text',
    'conditions',
    'change',
    'incident',
    'deliveries',
  ),
  Explanation: later('fired', 'verdict', 'guard', 'conditions', 'text', 'decision'),
  ConditionResult: later('text', 'value', 'met'),
  DryRun: later('decisions', 'fired', 'suppressed', 'notMet', 'cut'),
  Delivery: later('id', 'to', 'state', 'attempts', 'lastStatus', 'lastError', 'nextAttempt', 'deliveredAt'),
  Incident: later(
    'id',
    'subject',
    'rule',
    'kind',
    'state',
    'openedAt',
    'resolvedAt',
    'assignee',
    'cause',
    'folded',
    'timeline',
  ),
  IncidentEntry: later('at', 'who', 'did', 'note'),
  IncidentConnection: later('nodes', 'pageInfo'),
  DecisionConnection: later('nodes', 'pageInfo'),
};
