/** Log, graph, pipeline and reactor as the hub wires them, in this process, with a clock that stands where it is put. */
import { SqliteDecisionStore } from '#decisions';
import { SqliteGraphStore } from '#graph';
import { LOCAL_VIEWER } from '#lineage';
import { ContractTeller, createPipeline, inForce, type Pipeline, PolicyTeller, Reactor } from '#pipeline';
import { SqliteEventLog } from '#queue';
import {
  type ChosenPolicy,
  contractPolicies,
  type Decision,
  type DecisionQuery,
  type Delivery,
  type Incident,
  NO_RULES,
  type RuleSet,
  sayProblem,
} from '#rules';
import { loadRules } from '#rules/language';
import { temporaryFolder } from '../harness.ts';

const EVERYTHING: DecisionQuery = {
  rules: null,
  subjects: null,
  verdicts: null,
  since: null,
  until: null,
  first: 1_000_000,
  after: null,
};

/** @throws with its problems */
export function ruleSetOf(text: string, contracts: readonly string[] = []): RuleSet {
  const files = contracts.map((contract, i) => ({
    file: `rules/contracts/${i}.yaml`,
    text: contract,
    isContract: true,
  }));
  const loaded = loadRules([{ file: 'rules/test.yml', text }, ...files]);
  if (!loaded.ok) throw new Error(loaded.problems.map(sayProblem).join('\n'));
  return loaded.set;
}

export interface ReactingHub {
  readonly folder: string;
  readonly store: SqliteGraphStore;
  readonly decisions: SqliteDecisionStore;
  readonly reactor: Reactor;
  readonly pipeline: Pipeline;
  readonly contracts: ContractTeller;
  /** Other rule files from now on; waits until they are in force. */
  use(rules: string, contracts?: readonly string[]): Promise<void>;
  /** Sends events, and waits until all that they led to is decided. */
  send(...events: readonly object[]): Promise<void>;
  /** Puts the clock there (ms), and waits until all that time brought is decided. */
  moveTo(now: number): Promise<void>;
  /** Everything that was decided, the oldest first. */
  decided(): Promise<readonly Decision[]>;
  /** Everything that is to be delivered, the oldest first. */
  deliveries(): Promise<readonly Delivery[]>;
  incidents(): Promise<readonly Incident[]>;
  close(): Promise<void>;
}

export async function openReactingHub(
  rules: string,
  now: number,
  folder: string = temporaryFolder(),
  contractFiles: readonly string[] = [],
): Promise<ReactingHub> {
  let time = now;
  const clock = { now: () => time };
  const log = await SqliteEventLog.open({ directory: folder });
  const store = await SqliteGraphStore.open(folder, { now: clock.now });
  const decisions = await SqliteDecisionStore.open(folder);
  const pipeline = createPipeline({ log, store, clock });
  const reactor = new Reactor({
    reader: store.reader(LOCAL_VIEWER),
    decisions,
    clock,
    onDeliveries: () => undefined,
    onIncidents: () => undefined,
  });
  const policies = new PolicyTeller({ reader: store.reader(LOCAL_VIEWER), decisions, pipeline, clock });
  const contracts = new ContractTeller({
    reader: store.reader(LOCAL_VIEWER),
    decisions,
    pipeline,
    clock,
    tells: true,
  });
  pipeline.onChanges((changes) => {
    reactor.fed(changes);
    policies.fed(changes);
    contracts.fed(changes);
  });
  await pipeline.start();
  await pipeline.waitFor(pipeline.status().head, 60_000);
  const first = rules === '' ? NO_RULES : ruleSetOf(rules, contractFiles);
  const policiesOf = (set: RuleSet): readonly ChosenPolicy[] => [...set.freshness, ...contractPolicies(set.contracts)];
  await reactor.start(inForce(first));
  policies.start(policiesOf(first));
  await policies.settled();
  contracts.start(first.contracts);
  await contracts.settled();
  const decided = async (): Promise<readonly Decision[]> => (await decisions.decisions(EVERYTHING)).items.toReversed();
  return {
    folder,
    store,
    decisions,
    reactor,
    pipeline,
    contracts,
    async use(other, files) {
      const set = ruleSetOf(other, files);
      await reactor.use(inForce(set));
      policies.use(policiesOf(set));
      await policies.settled();
      contracts.use(set.contracts);
      await contracts.settled();
      await reactor.settled();
    },
    async send(...events) {
      for (const event of events) {
        const outcome = await pipeline.accept(Buffer.from(JSON.stringify(event)), LOCAL_VIEWER);
        if (outcome.kind !== 'accepted') throw new Error(`not taken: ${JSON.stringify(outcome)}`);
      }
      await pipeline.waitFor(pipeline.status().head, 60_000);
      await policies.settled();
      await contracts.settled();
      await reactor.settled();
    },
    async moveTo(to) {
      time = to;
      const changes = await store.tick(to);
      reactor.fed(changes);
      contracts.fed(changes);
      await contracts.settled();
      await reactor.settled();
    },
    decided,
    async deliveries() {
      const all = await decisions.deliveries((await decided()).map(({ id }) => id));
      return [...all.values()].flat();
    },
    incidents: async () =>
      (await decisions.incidents({ states: null, subjects: null, rules: null, first: 100_000, after: null })).items,
    async close() {
      await contracts.stop();
      await policies.stop();
      await reactor.stop();
      await pipeline.stop();
      await Promise.all([decisions.close(), store.close()]);
      await log.close();
    },
  };
}
