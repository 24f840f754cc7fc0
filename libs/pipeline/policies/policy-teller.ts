import { type Change, type Clock, canonicalJson, type GraphReader, takesTurns } from '#lineage';
import type { DatasetEvent } from '#openlineage';
import { type ChosenPolicy, type DecisionStore, type FeedCursor, PolicyChoice } from '#rules';
import { sayToHub } from '../own-words.ts';
import type { Pipeline } from '../pipeline.ts';
import { cursorAt, feedHead, resume } from '../react/feed-position.ts';
import { NODE_FACETS, nodeViews, withFields } from '../react/node-views.ts';
import { WALK } from '../remarks/remarks-on.ts';
import { Rounds } from '../rounds.ts';
import { FRESHNESS_FACET, policyEvents } from './policy-events.ts';

export interface PolicyTellerParts {
  readonly reader: GraphReader;
  /** For one note: which policies were told, and of which changes since. */
  readonly decisions: Pick<DecisionStore, 'note' | 'keepNote'>;
  readonly pipeline: Pick<Pipeline, 'accept' | 'waitFor'>;
  readonly clock: Clock;
}

export interface PolicyTellerStatus {
  /** Policies that came, changed or went on a dataset, since start. */
  readonly told: number;
  /** Why the last round failed, which the next one makes up for, or what was refused since start; null: nothing. */
  readonly failure: string | null;
}

interface Told {
  readonly policies: string;
  readonly cursor: FeedCursor;
}

const NOTE = 'freshness policies';
/** After these a condition may choose a dataset that it didn't choose, or no more. */
const TOUCHING = [
  'node.added',
  'aliases.changed',
  'facet.changed',
  'fields.changed',
  'lifecycle.changed',
  'tag.added',
  'tag.removed',
];
/** These may be about all that is downstream as well. */
const CARRIED: ReadonlySet<string> = new Set(['tag.added', 'tag.removed']);
const CHANGES_AT_ONCE = 2_000;
const DATASETS_AT_ONCE = 1_000;
const EVENTS_AT_ONCE = 100;
/** Where several processes share the store: so often it is looked whether it is this one's turn. */
const TURN_LOOK_MS = 1_000;

/**
 * Sees to it that the graph holds the freshness policies of the rule files. Other policies: every dataset is looked at
 * once. From then on those that the change feed names.
 *
 * ```
 * policies ─┐
 * datasets ─┴▶ chosen ─▶ what differs from the facets that are served ─▶ DatasetEvents ─▶ the hub's own door
 * ```
 *
 * What was told is read from the graph, not remembered: a round that was broken off is made up for by the next one.
 */
export class PolicyTeller {
  readonly #parts: PolicyTellerParts;
  #choice = new PolicyChoice([]);
  /** Of everything in them that counts. */
  #policies = '[]';
  /** null: to be read. */
  #told: Told | null = null;
  /** The last change of the feed that is known of. */
  #head: Change | null = null;
  readonly #rounds = new Rounds(() => this.#round());
  #count = 0;
  #refused: string | null = null;

  constructor(parts: PolicyTellerParts) {
    this.#parts = parts;
  }

  /** The graph has applied what the log held. */
  start(policies: readonly ChosenPolicy[]): void {
    this.#rounds.start();
    this.use(policies);
  }

  /** Other policies from now on. */
  use(policies: readonly ChosenPolicy[]): void {
    this.#choice = new PolicyChoice(policies);
    this.#policies = fingerprintOf(policies);
    this.#rounds.wake();
  }

  /** These are in the feed. */
  fed(changes: readonly Change[]): void {
    this.#head = changes.at(-1) ?? this.#head;
    if (this.#policies !== '[]') this.#rounds.wake();
  }

  /** Resolves when the graph has the policies in force. Rejects when that fails. */
  settled(): Promise<void> {
    return this.#rounds.settled();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    if (this.#told !== null && this.#rounds.failure === null) await this.#keep(this.#told);
  }

  status(): PolicyTellerStatus {
    return { told: this.#count, failure: this.#rounds.failure ?? this.#refused };
  }

  /** Where another process tells them now: looks whether it still does. */
  async #round(): Promise<number | null> {
    const { decisions } = this.#parts;
    if (takesTurns(decisions) && !(await decisions.takeTurn())) {
      this.#told = null;
      return TURN_LOOK_MS;
    }
    await this.#settle();
    return null;
  }

  async #settle(): Promise<void> {
    const { reader } = this.#parts;
    const policies = this.#policies;
    const before = this.#told ?? (await this.#kept());
    if (before === null && policies === '[]') return;
    const cursor = before === null ? null : this.#told === null ? await resume(reader, before.cursor) : before.cursor;
    if (before === null || cursor === null || before.policies !== policies || cursor.feed !== before.cursor.feed) {
      const head = await feedHead(reader, cursor?.feed ?? 0);
      await this.#everything();
      await this.#keep({ policies, cursor: head });
    } else this.#told = before;
    if (policies !== '[]') await this.#changes();
  }

  async #everything(): Promise<void> {
    const { reader } = this.#parts;
    for (let offset = 0; ; ) {
      const page = { kind: 'dataset', namespace: null, order: 'name', limit: DATASETS_AT_ONCE, offset } as const;
      const { items, next } = await reader.list(page);
      await this.#datasets(items.map(({ id }) => id));
      if (next === null) return;
      offset += items.length;
    }
  }

  async #changes(): Promise<void> {
    for (let head = this.#head; head !== null && this.#told !== null; head = this.#head) {
      const { policies, cursor } = this.#told;
      if (cursor.sequence >= head.sequence) return;
      const after = String(cursor.sequence);
      const query = { kinds: TOUCHING, subjects: null, since: null, breaking: null, first: CHANGES_AT_ONCE, after };
      const { items, next } = await this.#parts.reader.changes(query);
      const last = items.at(-1);
      // What lies between the last one and the head chooses nothing.
      const reached = last === undefined || (next === null && last.sequence < head.sequence) ? head : last;
      const touched = [
        ...items.filter(isTouching).map(({ subject }) => subject),
        ...(await this.#downstreamOf(items.filter(({ kind }) => CARRIED.has(kind)))),
      ];
      const told = { policies, cursor: cursorAt(reached, cursor.feed) };
      if (await this.#datasets([...new Set(touched)])) await this.#keep(told);
      else this.#told = told;
    }
  }

  /** As far as a tag is carried at most. */
  async #downstreamOf(changes: readonly Change[]): Promise<readonly string[]> {
    if (changes.length === 0) return [];
    const of = [...new Set(changes.map(({ subject }) => subject))];
    const query = { of, direction: 'DOWNSTREAM', ...WALK, asOf: null, details: false } as const;
    const { nodes } = await this.#parts.reader.lineage(query);
    return nodes.flatMap(({ id, kind }) => (kind === 'dataset' ? id : []));
  }

  /** @returns whether there was anything to tell */
  async #datasets(ids: readonly string[]): Promise<boolean> {
    if (ids.length === 0) return false;
    if (!this.#rounds.isGoing) throw new Error('stopped; the next start goes on');
    const { reader, clock } = this.#parts;
    const known = [...(await nodeViews(reader, ids, clock.now())).values()].filter(({ kind }) => kind === 'dataset');
    const datasets = await withFields(reader, known);
    const facets = await reader.facets([...datasets.keys()], [FRESHNESS_FACET]);
    const now = clock.now();
    const events = [...datasets.values()].flatMap((dataset) =>
      policyEvents(dataset, this.#choice.chosenFor(dataset), facets.get(dataset.id) ?? [], now),
    );
    for (let i = 0; i < events.length; i += EVENTS_AT_ONCE) await this.#tell(events.slice(i, i + EVENTS_AT_ONCE));
    return events.length > 0;
  }

  async #tell(events: readonly DatasetEvent[]): Promise<void> {
    const refused = await sayToHub(this.#parts.pipeline, events);
    this.#count += events.length - refused.length;
    const [first] = refused;
    if (first !== undefined) this.#refused = `a freshness policy was refused: ${first}`;
  }

  async #kept(): Promise<Told | null> {
    const note = await this.#parts.decisions.note(NOTE);
    return note === null ? null : (JSON.parse(note) as Told);
  }

  async #keep(told: Told): Promise<void> {
    this.#told = told;
    await this.#parts.decisions.keepNote(NOTE, JSON.stringify(told));
  }
}

const fingerprintOf = (policies: readonly ChosenPolicy[]): string =>
  canonicalJson(
    policies.map(({ name, maxAge, cron, datasets, where }) => ({
      name,
      maxAge,
      cron,
      datasets,
      where: where?.text ?? null,
    })),
  );

const CHOSEN_BY: ReadonlySet<string> = new Set(NODE_FACETS);

function isTouching({ kind, subject, before, after }: Change): boolean {
  if (!subject.startsWith('dataset:')) return false;
  return kind !== 'facet.changed' || [before, after].some((value) => CHOSEN_BY.has(facetNameIn(value) ?? ''));
}

const facetNameIn = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? value.name : null;
