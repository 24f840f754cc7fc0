/** Rules at work: files → reactor → deliveries, on the stores that the hub has open. */
import type { Logger } from 'pino';
import { HttpSender, parseAllowList, WebhookSender } from '#delivery';
import { type Clock, type GraphStore, type JobQueue, LOCAL_VIEWER, type Signals, takesExpectations } from '#lineage';
import { ContractTeller, Dispatcher, IncidentFollower, inForce, type Pipeline, PolicyTeller, Reactor } from '#pipeline';
import {
  type ChosenPolicy,
  contractPolicies,
  type DecisionStore,
  declaredRuns,
  type Incident,
  offersIncidentFeed,
  type RuleSet,
} from '#rules';
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
  /** null: this process alone decides and delivers. */
  readonly together: RulesTogether | null;
}

/** Where several processes have one decision store. */
export interface RulesTogether {
  readonly signals: Signals;
  readonly queue: JobQueue;
  /** false: others decide and deliver; this process shows what they do, and takes what people ask for. */
  readonly works: boolean;
}

export interface RulesAtWork {
  readonly decisions: DecisionStore;
  readonly reactor: Pick<Reactor, 'rules' | 'status' | 'handle' | 'pause' | 'resume'>;
  readonly dispatcher: Pick<Dispatcher, 'status' | 'planned'>;
  readonly keeper: Pick<RuleKeeper, 'status'>;
  readonly policies: Pick<PolicyTeller, 'status'>;
  readonly contracts: Pick<ContractTeller, 'status' | 'results'>;
  /** Called with incidents that something happened to, as they are then. Returns its removal. */
  onIncidents(listener: (incidents: readonly Incident[]) => void): () => void;
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
  together,
}: RulesParts): Promise<RulesAtWork> {
  const allowed = parseAllowList(settings.outgoingAllow.join(','));
  if (typeof allowed === 'string') throw new StartupError([`HEADWATER_OUTGOING_ALLOW: ${allowed}`]);

  const works = together?.works ?? true;
  const listeners = new Set<(incidents: readonly Incident[]) => void>();
  const following = offersIncidentFeed(decisions) ? new IncidentFollower(decisions) : null;
  const keeper = new RuleKeeper({
    folder: settings.rulesFolder,
    isNamed: settings.rules !== undefined,
    decisions,
    logger,
    async onChange(set) {
      if (works) await expectRuns(set);
      await reactor.use(inForce(set));
      policies.use(policiesOf(set));
      contracts.use(set.contracts);
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
    ...(together === null ? {} : { queue: together.queue }),
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
    onTurn(isOurs) {
      logger.info(isOurs ? 'this worker decides what changes come to' : 'another worker decides what changes come to');
      contracts.turn(isOurs);
    },
    onDeliveries: (planned) => dispatcher.planned(planned),
    onIncidents(steps, revision) {
      together?.signals.tell({ kind: 'decided', position: revision });
      // Where others decide too, all of it is read where it is kept.
      if (following !== null) following.look();
      else for (const listener of listeners) listener(steps.map(({ incident }) => incident));
    },
  });

  const policies = new PolicyTeller({ reader: store.reader(LOCAL_VIEWER), decisions, pipeline, clock });
  const contracts = new ContractTeller({
    reader: store.reader(LOCAL_VIEWER),
    decisions,
    pipeline,
    clock,
    // Of several that look, the one that decides tells.
    tells: together === null,
  });

  const unhear: (() => void)[] = [];
  let pruning: NodeJS.Timeout | undefined;
  const work = async (): Promise<void> => {
    await expectRuns(keeper.set);
    unhear.push(
      pipeline.onChanges((changes) => {
        reactor.fed(changes);
        policies.fed(changes);
        contracts.fed(changes);
      }),
    );
    dispatcher.start();
    pruning = setInterval(() => {
      decisions.prune(clock.now() - settings.retention).catch((error: unknown) => {
        logger.error(
          { error: error instanceof Error ? error.message : String(error) },
          'old decisions could not be dropped',
        );
      });
    }, PRUNE_EVERY_MS);
    pruning.unref();
  };
  const react = async (): Promise<void> => {
    try {
      await pipeline.waitFor(pipeline.status().head, BACKLOG_WITHIN_MS);
      await reactor.start(inForce(keeper.set));
      policies.start(policiesOf(keeper.set));
      contracts.start(keeper.set.contracts);
    } catch (error) {
      logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'rules are not at work: start the hub again',
      );
    }
  };

  await keeper.open();
  if (works) await work();
  else {
    await reactor.use(inForce(keeper.set));
    // What contracts come to is shown here too.
    unhear.push(pipeline.onChanges((changes) => contracts.fed(changes)));
    contracts.start(keeper.set.contracts);
  }
  const starting = works ? react() : Promise.resolve();
  if (following !== null)
    unhear.push(together?.signals.onSignal(({ kind }) => kind === 'decided' && following.look()) ?? (() => undefined));
  keeper.watch();

  return {
    decisions,
    reactor,
    dispatcher,
    keeper,
    policies,
    contracts,
    onIncidents(listener) {
      if (following !== null) return following.listen(listener);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      clearInterval(pruning);
      for (const stopHearing of unhear) stopHearing();
      await following?.stop();
      await keeper.stop();
      await starting;
      await contracts.stop();
      await policies.stop();
      await reactor.stop();
      await dispatcher.stop();
    },
  };
}

/** Those of rule files, and what contracts ask of data times. */
const policiesOf = ({ freshness, contracts }: RuleSet): readonly ChosenPolicy[] => [
  ...freshness,
  ...contractPolicies(contracts),
];
