import {
  type Change,
  type Clock,
  CONTRACT_FACET,
  type ContractObject,
  type ContractViolation,
  checkContract,
  type DataContract,
  type Facet,
  type GraphReader,
  nextContractCheck,
  type Unchecked,
} from '#lineage';
import { type DecisionStore, isInForceContract, type PlacedContract } from '#rules';
import { sayToHub } from '../own-words.ts';
import type { Pipeline } from '../pipeline.ts';
import { nodeViews } from '../react/node-views.ts';
import { Rounds } from '../rounds.ts';
import { contractEvents } from './contract-events.ts';
import { observeDatasets } from './observe-datasets.ts';

export interface ContractTellerParts {
  readonly reader: GraphReader;
  /** For one note: what was told of which dataset, so that it is taken back when its contract goes. */
  readonly decisions: Pick<DecisionStore, 'note' | 'keepNote'>;
  readonly pipeline: Pick<Pipeline, 'accept' | 'waitFor'>;
  readonly clock: Clock;
  /** Whether the graph is told what is found; `turn` says otherwise later. */
  readonly tells: boolean;
}

/** One object of a contract, held against one dataset. */
export interface ContractResult {
  readonly contract: DataContract;
  readonly object: string;
  /** The dataset's id as it is known; as the contract says it where nothing is known by it; null: it says none. */
  readonly dataset: string | null;
  readonly isKnown: boolean;
  readonly violations: readonly ContractViolation[];
  readonly unchecked: readonly Unchecked[];
}

export interface ContractTellerStatus {
  /** Words on contracts since start. */
  readonly told: number;
  /** Why the last round failed, which the next one makes up for; null: it didn't. */
  readonly failure: string | null;
}

interface Held {
  readonly contract: DataContract;
  readonly object: ContractObject;
  /** As the contract says it; null: it says none. */
  readonly asked: string | null;
}

interface BrokenContract {
  readonly version: string;
  readonly violations: ContractViolation[];
}

const NOTE = 'contracts told';
/** After these a contract may be kept that was broken, or broken. */
const TOUCHING: ReadonlySet<string> = new Set([
  'node.added',
  'node.removed',
  'aliases.changed',
  'lifecycle.changed',
  'fields.changed',
  'facet.changed',
  'dataset.updated',
  'freshness.warned',
  'freshness.failed',
  'freshness.recovered',
]);
/** What is broken by time alone is mended by data, of which not every change tells. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Holds contracts against what is observed, and tells the graph what is broken: as DatasetEvents, at the hub's own door.
 * All of them at the start and when files change; then those whose dataset the change feed names, and those whose
 * time has come. What was told is read from the graph.
 *
 * ```
 * contracts ─┐                                      ┌ headwater_contract ─▶ the hub's own door ─▶ contract.violated
 * datasets ──┴▶ check (pure) ─▶ differs from the facet
 * ```
 */
export class ContractTeller {
  readonly #parts: ContractTellerParts;
  #held: readonly Held[] = [];
  /** Ids of datasets in any spelling that are to be looked at; null: all. */
  #touched: Set<string> | null = null;
  readonly #results = new Map<Held, ContractResult>();
  /** When to look at what again, ms. */
  readonly #due = new Map<Held, number>();
  readonly #rounds = new Rounds(() => this.#round());
  #tells: boolean;
  #told = 0;
  /** The event time of the last word, ms. */
  #spoke = 0;

  constructor(parts: ContractTellerParts) {
    this.#parts = parts;
    this.#tells = parts.tells;
  }

  /** The graph has applied what the log held. */
  start(contracts: readonly PlacedContract[]): void {
    this.#rounds.start();
    this.use(contracts);
  }

  /** Other contracts from now on. */
  use(contracts: readonly PlacedContract[]): void {
    this.#held = contracts
      .filter(({ contract }) => isInForceContract(contract))
      .flatMap(({ contract }) =>
        contract.objects.flatMap((object) =>
          (object.datasets.length === 0 ? [null] : object.datasets).map((asked) => ({ contract, object, asked })),
        ),
      );
    this.#results.clear();
    this.#due.clear();
    this.#touched = null;
    this.#rounds.wake();
  }

  /** It is this one's turn to tell, or another's. */
  turn(isOurs: boolean): void {
    this.#tells = isOurs;
    this.#touched = null;
    this.#rounds.wake();
  }

  /** These are in the feed. */
  fed(changes: readonly Change[]): void {
    if (this.#held.length === 0 || this.#touched === null) return;
    const before = this.#touched.size;
    for (const { kind, subject } of changes)
      if (TOUCHING.has(kind) && subject.startsWith('dataset:')) this.#touched.add(subject);
    if (this.#touched.size > before) this.#rounds.wake();
  }

  /** Resolves when the graph was told what is so now. Rejects when that fails. */
  settled(): Promise<void> {
    return this.#rounds.settled();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  status(): ContractTellerStatus {
    return { told: this.#told, failure: this.#rounds.failure };
  }

  /** As it was found last. */
  results(): readonly ContractResult[] {
    return [...this.#results.values()];
  }

  async #round(): Promise<number | null> {
    try {
      await this.#settle();
    } catch (error) {
      // What was touched isn't known any more.
      this.#touched = null;
      throw error;
    }
    return this.#untilDue();
  }

  #untilDue(): number | null {
    const next = Math.min(...this.#due.values());
    return next === Number.POSITIVE_INFINITY ? null : next - this.#parts.clock.now();
  }

  async #settle(): Promise<void> {
    const { reader, clock } = this.#parts;
    const touched = this.#touched;
    this.#touched = new Set();
    const now = clock.now();
    const wanted = this.#held.filter((held) => touched === null || this.#isTouched(held, touched, now));
    const ids = await reader.resolve(wanted.map(({ asked }) => asked ?? ''));
    const known = new Map(
      wanted.flatMap((held, i) => (ids[i] === null || ids[i] === undefined ? [] : [[held, ids[i]]])),
    );
    const observed = await observeDatasets(reader, [...new Set(known.values())], now);
    for (const held of wanted) {
      const { contract, object, asked } = held;
      const dataset = known.get(held);
      const seen = dataset === undefined ? undefined : observed.get(dataset);
      const found =
        seen === undefined ? { violations: [], unchecked: object.unchecked } : checkContract(object, seen, now);
      const isKnown = dataset !== undefined;
      this.#results.set(held, { contract, object: object.name, dataset: dataset ?? asked, isKnown, ...found });
      const next = seen === undefined ? null : nextContractCheck(object, seen, now);
      const again = found.violations.some(({ kind }) => kind === 'FRESHNESS' || kind === 'FREQUENCY');
      const at = again ? now + LOOK_AGAIN_MS : next;
      if (at === null) this.#due.delete(held);
      else this.#due.set(held, at);
    }
    if (this.#tells) await this.#tell(touched === null ? await this.#kept() : [], new Set(known.values()));
  }

  #isTouched(held: Held, touched: ReadonlySet<string>, now: number): boolean {
    const result = this.#results.get(held);
    const isDue = (this.#due.get(held) ?? Number.POSITIVE_INFINITY) <= now;
    // Of what isn't known yet anything new may be it.
    return isDue || result === undefined || (result.isKnown ? touched.has(result.dataset ?? '') : touched.size > 0);
  }

  /** @param kept datasets of which something was told once @param looked those that were looked at now */
  async #tell(kept: readonly string[], looked: ReadonlySet<string>): Promise<void> {
    const { reader, clock, pipeline } = this.#parts;
    const datasets = await nodeViews(reader, [...new Set([...kept, ...looked])], clock.now());
    const ids = [...new Set([...datasets.values()].map(({ id }) => id))];
    const facets = ids.length === 0 ? new Map<string, readonly Facet[]>() : await reader.facets(ids, [CONTRACT_FACET]);
    // A word that was taken back is not served: what is said next has to be later than that.
    const now = Math.max(clock.now(), this.#spoke + 1);
    const events = ids.flatMap((id) => {
      const node = datasets.get(id);
      // To speak of a dataset is to use it: that would bring back one that was dropped.
      if (node === undefined || node.lifecycle === 'DROPPED') return [];
      return contractEvents(node, this.#brokenBy(id), facets.get(id) ?? [], now);
    });
    if (events.length === 0) return;
    this.#spoke = Math.max(...events.map(({ eventTime }) => Date.parse(eventTime)));
    const refused = await sayToHub(pipeline, events);
    if (refused.length > 0) throw new Error(`a word on a contract was refused: ${refused.join('; ')}`);
    this.#told += events.length;
    await this.#parts.decisions.keepNote(NOTE, JSON.stringify([...new Set([...(await this.#kept()), ...looked])]));
  }

  /** By contract. */
  #brokenBy(dataset: string): ReadonlyMap<string, BrokenContract> {
    const broken = new Map<string, BrokenContract>();
    for (const { contract, dataset: of, violations } of this.#results.values()) {
      if (of !== dataset || violations.length === 0) continue;
      const held = broken.get(contract.id) ?? { version: contract.version, violations: [] };
      held.violations.push(...violations);
      broken.set(contract.id, held);
    }
    return broken;
  }

  async #kept(): Promise<readonly string[]> {
    const note = await this.#parts.decisions.note(NOTE);
    return note === null ? [] : (JSON.parse(note) as readonly string[]);
  }
}
