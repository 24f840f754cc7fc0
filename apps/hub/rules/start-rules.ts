/** Rules at work: files → reactor → deliveries, on the stores that the hub has open. */
import type { Logger } from 'pino';
import { HttpSender, parseAllowList, WebhookSender } from '#delivery';
import { type Clock, type GraphStore, LOCAL_VIEWER, takesExpectations } from '#lineage';
import { Dispatcher, inForce, type Pipeline, PolicyTeller, Reactor } from '#pipeline';
import { type DecisionStore, declaredRuns, type IncidentStep, type RuleSet } from '#rules';
import type { Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import { RemarkNotifier } from './remark-notifier.ts';
import { RuleKeeper } from './rule-keeper.ts';
import { TriggerNotifier } from './trigger-notifier.ts';
import { WebhookNotifier } from './webhook-notifier.ts';

export interface RulesParts {
  readonly settings: Settings;
  readonly store: GraphStore;
  readonly decisions: DecisionStore;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RulesAtWork {
  readonly decisions: DecisionStore;
  readonly reactor: Pick<Reactor, 'rules' | 'status' | 'handle' | 'pause' | 'resume'>;
  readonly dispatcher: Pick<Dispatcher, 'status' | 'wake'>;
  readonly keeper: Pick<RuleKeeper, 'status'>;
  readonly policies: Pick<PolicyTeller, 'status'>;
  /** Called with what happened to incidents. Returns its removal. */
  onIncidents(listener: (steps: readonly IncidentStep[]) => void): () => void;
  stop(): Promise<void>;
}

/** The backlog of the last life comes first: what it changes was changed then. */
const BACKLOG_WITHIN_MS = 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;

/** @throws StartupError */
export async function startRules({
  settings,
  store,
  decisions,
  pipeline,
  clock,
  logger,
}: RulesParts): Promise<RulesAtWork> {
  const allowed = parseAllowList(settings.outgoingAllow.join(','));
  if (typeof allowed === 'string') throw new StartupError([`HEADWATER_OUTGOING_ALLOW: ${allowed}`]);

  const listeners = new Set<(steps: readonly IncidentStep[]) => void>();
  const keeper = new RuleKeeper({
    folder: settings.rulesFolder,
    isNamed: settings.rules !== undefined,
    decisions,
    logger,
    async onChange(set) {
      await expectRuns(set);
      await reactor.use(inForce(set));
      policies.use(set.freshness);
    },
  });
  const expectRuns = async ({ rules }: RuleSet): Promise<void> => {
    if (!takesExpectations(store)) return;
    try {
      await store.expectRuns(declaredRuns(rules));
    } catch (error) {
      // The disk is full, say: rules are at work all the same, and so is the hub.
      logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'what rules expect of jobs stays as it was: it is told again when a rule file changes, and at the next start',
      );
    }
  };
  const webhooks = new WebhookNotifier({
    sender: new WebhookSender(allowed),
    rules: () => keeper.set,
    env: process.env,
  });
  const triggers = new TriggerNotifier({
    http: new HttpSender(allowed),
    connections: settings.connections,
    env: process.env,
  });
  const remarks = new RemarkNotifier({ store, pipeline });
  const dispatcher = new Dispatcher({
    decisions,
    clock,
    notifiers: { webhook: webhooks, trigger: triggers, annotate: remarks, tag: remarks },
    onEnded({ id, to, rule, subject }, { state, status, error }) {
      if (state !== 'DELIVERED')
        logger.warn({ delivery: id, to, rule, subject, status, error }, 'a delivery was given up');
    },
  });
  const reactor = new Reactor({
    reader: store.reader(LOCAL_VIEWER),
    decisions,
    clock,
    onDeliveries: () => dispatcher.wake(),
    onIncidents(steps) {
      for (const listener of listeners) listener(steps);
    },
  });

  const policies = new PolicyTeller({ reader: store.reader(LOCAL_VIEWER), decisions, pipeline, clock });

  await expectRuns(await keeper.open());
  const unhear = pipeline.onChanges((changes) => {
    reactor.fed(changes);
    policies.fed(changes);
  });
  const starting = pipeline
    .waitFor(pipeline.status().head, BACKLOG_WITHIN_MS)
    .then(() => reactor.start(inForce(keeper.set)))
    .then(() => policies.start(keeper.set.freshness))
    .catch((error: unknown) => {
      logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'rules are not at work: start the hub again',
      );
    });
  dispatcher.start();
  keeper.watch();
  const pruning = setInterval(() => {
    decisions.prune(clock.now() - settings.retention).catch((error: unknown) => {
      logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'old decisions could not be dropped',
      );
    });
  }, PRUNE_EVERY_MS);
  pruning.unref();

  return {
    decisions,
    reactor,
    dispatcher,
    keeper,
    policies,
    onIncidents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      clearInterval(pruning);
      unhear();
      await keeper.stop();
      await starting;
      await policies.stop();
      await reactor.stop();
      await dispatcher.stop();
    },
  };
}
