/**
 * One accepted event into the rows of the graph: the write side of the embedded store, inside one transaction.
 *
 * ```
 * delta ─▶ run joins ─▶ facts of the run ─┐
 *       ─▶ said ──────────────────────────┼─▶ executions ─▶ spans ─┐
 *       ─▶ schemas, SQL, code ────────────┼─▶ versions             ├─▶ at the end of the batch: names are resolved,
 *       ─▶ marks, symlinks, uses ─────────┘                        │   the current graph is settled, changes are told
 *       ─▶ facets, statistics, quality, activity, flow ────────────┘
 * ```
 */

import {
  type AssetName,
  type Delta,
  EventReader,
  type FlowLimits,
  flowObservationOf,
  type LoggedEvent,
  type Name,
  type ProcessingType,
  tellsContinuous,
} from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { type Database, int } from '../database.ts';
import { blob, Interned, SCOPES } from '../interned.ts';
import { AssetReads } from '../read/asset-reads.ts';
import { SEARCHED_FACETS } from '../read/search-index.ts';
import { REMEMBERED } from '../remembered.ts';
import { hourOf, type Key, keyOf, placed, prefixOf } from '../stamps.ts';
import { ChangeTeller, type PeopleStatement } from './change-teller.ts';
import { ClaimWriter } from './claim-writer.ts';
import { ConfiguredAliases } from './configured-aliases.ts';
import { CycleFinder } from './cycle-finder.ts';
import { ExpectationWriter } from './expectations/expectation-writer.ts';
import { FlowTable } from './flow-table.ts';
import { FRESHNESS_FACET, FreshnessTable } from './freshness-table.ts';
import { factsMayChange, isHeartbeat } from './heartbeat.ts';
import { MarkTable } from './mark-table.ts';
import { MeasureTable } from './measure-table.ts';
import { MergeTable } from './merge-table.ts';
import { NameResolver } from './name-resolver.ts';
import { NodeIndex } from './node-index.ts';
import { RemarkTable } from './remark-table.ts';
import { type RunFacts, type RunRow, RunTable } from './run-table.ts';
import { SpanRecorder } from './span-recorder.ts';
import { StateDiffer, type Touch } from './state-differ.ts';
import { StreamTable } from './stream-table.ts';
import { SymlinkTable } from './symlink-table.ts';
import { TrackedUses } from './tracked-uses.ts';
import { WriteBehind, type WrittenFacet } from './write-behind.ts';

export interface Restated {
  /** When each was seen first and last, ms. */
  readonly nodes: readonly { readonly name: number; readonly first: number; readonly last: number }[];
  /** Where an edge's claim is open. */
  readonly open: readonly { readonly timeline: number; readonly element: number }[];
}

interface JoinedRun {
  readonly run: RunRow | null;
  /** Its facts before this event: null if it is new, the same object if nothing changed. */
  readonly before: RunFacts | null;
  /** When it was thought to have begun, ms; null: as now. */
  readonly startBefore: number | null;
}

export class EventApplier {
  readonly interned: Interned;
  readonly aliases: ConfiguredAliases;
  readonly claims: ClaimWriter;
  readonly merges: MergeTable;
  readonly remarks: RemarkTable;
  readonly expectations: ExpectationWriter;
  readonly #db: Database;
  readonly #reader = new EventReader();
  readonly #runs: RunTable;
  readonly #streams: StreamTable;
  readonly #names: NameResolver;
  readonly #marks: MarkTable;
  readonly #symlinks: SymlinkTable;
  readonly #measures: MeasureTable;
  readonly #uses: TrackedUses;
  readonly #recorder: SpanRecorder;
  readonly #behind: WriteBehind;
  readonly #flows: FlowTable;
  readonly #freshness: FreshnessTable;
  readonly #cycles: CycleFinder;
  readonly #teller: ChangeTeller;
  readonly #assets: AssetReads;
  /** Datasets that a mark ever dropped or renamed away: a use of theirs matters. */
  readonly #tracked = new Set<number>();
  readonly #differ: StateDiffer;
  readonly #index: NodeIndex;
  #touched = new Map<number, Set<Touch>>();
  readonly #spelled = new BoundedMap<string, true>(REMEMBERED.names);
  /** Whether a name is a node by itself, as of the names that were settled last. */
  readonly #alone = new BoundedMap<number, boolean>(REMEMBERED.names);
  /** Jobs of the batch, and how each job was processed when last told: only jobs that are not batch jobs, or were not. */
  #jobs = new Set<number>();
  readonly #processing = new Map<number, ProcessingType>();

  /** @param committed a connection of its own that sees the last commit */
  constructor(db: Database, committed: Database, limits: FlowLimits) {
    this.#db = db;
    this.interned = new Interned(db);
    this.#runs = new RunTable(db, this.interned);
    this.#recorder = new SpanRecorder(db);
    this.claims = new ClaimWriter(db, this.interned, this.#runs, this.#recorder);
    this.#streams = new StreamTable(db, this.interned);
    this.#names = new NameResolver(db, this.interned, this.#recorder, this.#tracked);
    this.aliases = new ConfiguredAliases(db, this.interned, this.#names);
    this.merges = new MergeTable(db, this.interned, this.#names);
    this.remarks = new RemarkTable(db, this.interned);
    this.#marks = new MarkTable(db, this.interned, this.#names, this.#tracked);
    this.#symlinks = new SymlinkTable(db, this.interned, this.#names);
    this.#measures = new MeasureTable(db, this.interned);
    this.#uses = new TrackedUses(db, this.interned, this.#names, this.#tracked);
    this.#behind = new WriteBehind(db);
    this.#flows = new FlowTable(db, limits);
    this.#freshness = new FreshnessTable(db, this.interned, limits);
    this.expectations = new ExpectationWriter(db, this.interned);
    this.#teller = new ChangeTeller(db);
    this.#assets = new AssetReads(db);
    this.#cycles = new CycleFinder(db, this.#assets);
    this.#differ = new StateDiffer(committed, db);
    this.#index = new NodeIndex(db, this.#assets);
    this.#loadTracked();
    this.#loadProcessing();
  }

  /** After a rollback: whatever was held in memory may be of the transaction that is gone. */
  forget(): void {
    this.forgetRuns();
    const { interned } = this;
    for (const part of [
      interned,
      this.#recorder,
      this.#names,
      this.#behind,
      this.#flows,
      this.#freshness,
      this.#teller,
    ])
      part.forget();
    this.#tracked.clear();
    this.#touched = new Map();
    this.#spelled.clear();
    this.#alone.clear();
    this.#jobs = new Set();
    this.#processing.clear();
    this.#loadTracked();
    this.#loadProcessing();
  }

  /** Between batches, after runs went: what is held in memory of runs, and of what rests on them. */
  forgetRuns(): void {
    for (const part of [this.#runs, this.claims, this.#streams, this.#marks, this.expectations]) part.forget();
  }

  /** Datasets that a mark ever dropped or renamed away. */
  get tracked(): ReadonlySet<number> {
    return this.#tracked;
  }

  /**
   * @returns false: the event is held already
   * @throws Error where the event can't be reduced; nothing of it is in the rows then
   */
  apply(event: LoggedEvent): boolean {
    const delta = this.#reader.read(event.body, event.hash);
    const stamp = keyOf(delta.stamp);
    if (this.#isHeld(event.hash)) return false;
    const job = delta.job === null ? 0 : this.interned.job(delta.job);
    const hour = hourOf(stamp.t);
    const beats = isHeartbeat(delta);
    if (beats && this.#behind.hasBeat(job, hour, stamp.k)) return false;
    this.#teller.began(event.receivedAt, stamp.t);
    for (const { asset, spelling } of delta.mentions) {
      const name = this.interned.asset(asset);
      this.#behind.seen(name, stamp.t);
      if (spelling !== undefined) this.#spell(name, asset.kind === 'dataset' ? 0 : 1, spelling);
    }
    const joined = this.#joinRun(delta, job, stamp, event.receivedAt);
    const { run, before, startBefore } = joined;
    if (this.#mayBeReadOtherwise(delta, job, joined)) this.#jobs.add(job);
    // Heartbeats of a job with no end cost a few bytes of their hour's row, not a row each.
    const isBeat = beats && run?.facts.status === 'LIVE';
    if (run !== null) this.#behind.active(job, hour, isBeat ? stamp.k : null);
    if (!isBeat) {
      this.#db.write(
        'INSERT INTO event(position, k, hash, t, run, received_at) VALUES (?, ?, ?, ?, ?, ?)',
        event.position,
        stamp.k,
        Buffer.from(event.hash, 'hex'),
        stamp.t,
        run?.id ?? 0,
        event.receivedAt,
      );
    }
    this.#say(delta, job, run, before, stamp);
    for (const [place, statement] of delta.streams.entries()) {
      this.#streams.say(statement, run, before, placed(stamp, place));
    }
    if (run !== null && before !== null && before !== run.facts) this.#runChanged(run, before);
    this.#inheritance(delta, job, run, before, startBefore, stamp);
    this.#marks.say(delta, run, stamp);
    this.#symlinks.say(delta, stamp);
    this.#facets(delta, run, stamp);
    this.#measures.say(delta, run, stamp);
    const observation = flowObservationOf(delta);
    if (observation !== null && job > 0)
      this.#flows.observe(job, observation, run?.facts.status === 'LIVE' || tellsContinuous(delta));
    this.#freshness.observe(delta, job, run?.id ?? 0, stamp);
    this.expectations.observe(delta, run, () => this.#writtenBy(delta), event.receivedAt);
    if (run !== null)
      this.#teller.run(delta, run, before, this.#writtenBy(delta), (ended) =>
        this.#runs.supersededSince(job, ended, run.facts.status),
      );
    return true;
  }

  /** Ends a batch: what was held back is written, names and the current graph are settled, changes told. */
  finish(now: number): void {
    const written: WrittenFacet[] = [];
    const added = new Set(this.#behind.flush((facet) => written.push(facet)));
    for (const name of added) {
      this.#names.touch(name);
      this.#touch(name, 'structure');
      for (const row of this.#db.all('SELECT id FROM edge WHERE src = ? OR dst = ?', name, name))
        this.#recorder.touchEdge(int(row, 'id'));
    }
    this.#runs.flush();
    this.claims.flush();
    this.#streams.flush();
    this.#marks.flush();
    const resolved = this.#names.settle();
    for (const { name, before, after } of resolved.nodes) {
      this.#touch(name, 'structure');
      for (const each of [name, before, after]) this.#alone.delete(each);
    }
    for (const { root } of resolved.lives)
      for (const member of this.#assets.names.members(root)) this.#touch(member, 'structure');
    const settled = this.#recorder.settle();
    const versions = this.#streams.takeChanges();
    const streams = this.#streams.takeTouched();
    for (const name of streams.changed) this.#touch(name, 'fields');
    // Of several names of one node, the last statement of any is shown.
    for (const name of streams.said) if (!this.#isAlone(name)) this.#touch(name, 'fields');
    // Of several names of one node, the last writer of any is served: to say the same again may be to have the last word.
    const facets = written.filter(({ facet, before }) => before !== facet.value || !this.#isAlone(facet.owner));
    this.#tellFacets(facets);
    this.#teller.state(
      this.#differ.differ({ names: this.#touched, columns: settled.columns.map(({ element }) => element) }),
    );
    this.#tellProcessing();
    this.#teller.settled(settled);
    this.#teller.cycles(this.#cycles.closed(settled.edges));
    this.#teller.versions(versions);
    this.#teller.flows(this.#flows.flush(now));
    for (const { facet } of facets) if (facet.facet === FRESHNESS_FACET) this.#freshness.declared(facet.owner);
    this.#teller.freshness(this.#freshness.settle(now, resolved.nodes));
    this.#teller.expectations(this.expectations.settle(now));
    const moved = resolved.nodes.flatMap(({ before, after }) => [before, after]);
    this.#index.update([...this.#touched.keys(), ...moved], added);
    this.#touched = new Map();
    this.#runs.trim();
  }

  /** A node of one name: its facet is told as it is. */
  #tellFacets(facets: readonly WrittenFacet[]): void {
    for (const { facet, before } of facets) {
      if (this.#touched.get(facet.owner)?.has('structure') === true) continue;
      if (this.#isAlone(facet.owner)) {
        this.#teller.facet(facet.owner, { ...facet, scope: SCOPES[facet.scope] ?? 'dataset' }, before);
        if (SEARCHED_FACETS.has(facet.facet)) this.#touch(facet.owner, 'fields');
      } else this.#touch(facet.owner, 'facets');
    }
  }

  /** The name is a node by itself. */
  #isAlone(name: number): boolean {
    const held = this.#alone.get(name);
    if (held !== undefined) return held;
    const alone = this.#assets.names.byId(name).root === name && this.#assets.names.members(name).length === 1;
    this.#alone.set(name, alone);
    return alone;
  }

  /** A new run of the type that its job is known by changes nothing. */
  #mayBeReadOtherwise(delta: Delta, job: number, { run, before, startBefore }: JoinedRun): boolean {
    if (job === 0) return false;
    if (delta.declaredProcessing !== null || startBefore !== null) return true;
    if (run === null) return false;
    if (before !== null && (before.type !== run.facts.type || before.stated !== run.facts.stated)) return true;
    return run.facts.type !== (this.#processing.get(job) ?? 'BATCH');
  }

  #tellProcessing(): void {
    for (const job of this.#jobs) {
      const before = this.#processing.get(job) ?? 'BATCH';
      const after = this.#assets.processing(job);
      this.#processing.set(job, after);
      if (before !== after) this.#teller.processing(job, before, after);
    }
    this.#jobs = new Set();
  }

  #touch(name: number, touch: Touch): void {
    const held = this.#touched.get(name);
    if (held === undefined) this.#touched.set(name, new Set([touch]));
    else held.add(touch);
  }

  /**
   * A graph whose rows came from elsewhere: these nodes are known from now on, and these claims hold. Nothing follows for
   * runs, schemas and flow: that was told where it came from. `finish` ends it as a batch.
   */
  restate({ nodes, open }: Restated, now: number): void {
    this.#teller.began(now, now);
    for (const { name, first, last } of nodes) {
      this.#behind.seen(name, first);
      this.#behind.seen(name, last);
      if (this.#processing.delete(name)) this.#jobs.add(name);
    }
    for (const { timeline, element } of open) this.#recorder.opened(this.interned.timelineById(timeline), element, now);
  }

  /** Changes of flow that time alone brought: due deadlines. */
  tick(now: number): void {
    this.#teller.began(now, now);
    this.#teller.flows(this.#flows.due(now));
    this.#teller.freshness(this.#freshness.due(now));
    this.#teller.expectations(this.expectations.due(now));
  }

  /** What a person said at `at`, ms; the batch that it is part of is ended by `finish`. */
  tellStatement(statement: PeopleStatement, at: number): void {
    this.#teller.began(at, at);
    this.#teller.statement(statement, at);
  }

  takeChanges(): ReturnType<ChangeTeller['take']> {
    return this.#teller.take();
  }

  #isHeld(hash: string): boolean {
    const rows = this.#db.all('SELECT hash FROM event WHERE k = ?', prefixOf(hash));
    return rows.some((row) => Buffer.from(blob(row, 'hash')).toString('hex') === hash);
  }

  #joinRun(delta: Delta, job: number, stamp: Key, receivedAt: number): JoinedRun {
    if (delta.run === null) return { run: null, before: null, startBefore: null };
    const { run, isNew } = this.#runs.open(job, delta.run.runId, stamp, receivedAt);
    const hadStart = run.start;
    if (isNew) {
      this.claims.runIsNew(run);
      this.#streams.runIsNew(run);
      this.#marks.runIsNew(run);
    }
    this.#runs.join(run, delta.run, stamp);
    // Without a jobType of its own a run looks at its job's; only its start decides which statement that is.
    const before =
      isNew || run.start !== hadStart || factsMayChange(delta) ? (this.#runs.derive(run) ?? run.facts) : run.facts;
    return { run, before: isNew ? null : before, startBefore: hadStart.t === run.start.t ? null : hadStart.t };
  }

  #say(delta: Delta, job: number, run: RunRow | null, before: RunFacts | null, stamp: Key): void {
    for (const [place, said] of delta.said.entries()) {
      if (delta.snapshot !== null) {
        this.claims.saySnapshot(said, delta.snapshot, job, stamp);
        if (run !== null) this.#uses.useInSnapshot(said.elements, run, stamp);
      } else if (run === null) this.claims.declare(said, job, stamp, place);
      else this.claims.sayInRun(said, run, before, stamp, place);
      if (this.#tracked.size > 0 && run !== null) for (const element of said.elements) this.#uses.touchEnds(element);
    }
  }

  #runChanged(run: RunRow, before: RunFacts): void {
    this.claims.runChanged(run, before);
    this.#streams.runChanged(run, before);
    this.#marks.runChanged(run);
    this.#freshness.runChanged(run.id);
    this.expectations.runChanged(run, before);
    if (this.#tracked.size === 0) return;
    this.claims.flush();
    this.#uses.touchWrites(run);
  }

  /** A new jobType statement, or one that moved: runs without their own that began after it may be read otherwise. */
  #inheritance(
    delta: Delta,
    job: number,
    run: RunRow | null,
    before: RunFacts | null,
    startBefore: number | null,
    stamp: Key,
  ): void {
    const declared = this.#runs.declare(job, delta, stamp);
    const told =
      run !== null && run.said !== null && (before === null || run.said.t === stamp.t || run.start.t === stamp.t);
    if (!declared && !told) return;
    const from = new Set([declared || run === null ? stamp.t : run.start.t]);
    // A run that turns out to have begun earlier leaves those that began after its old start to another statement.
    if (startBefore !== null) from.add(startBefore);
    for (const start of from) {
      for (const other of this.#runs.inheritors(job, start)) {
        const was = this.#runs.derive(other);
        if (was !== null) {
          this.#jobs.add(job);
          this.#runChanged(other, was);
        }
      }
    }
  }

  #facets(delta: Delta, run: RunRow | null, stamp: Key): void {
    let asset: AssetName | null = null;
    let owner = 0;
    let place = -1;
    let at = stamp;
    for (const { scope, asset: carrier, name, source, producer, schemaURL, value } of delta.facets) {
      // Facets come dataset by dataset, in the event's order.
      if (carrier !== asset) {
        asset = carrier;
        owner = this.interned.asset(carrier);
        place += 1;
        at = placed(stamp, place);
      }
      const isOfRun = scope === 'run';
      if (isOfRun && run === null) continue;
      const facet = {
        owner: isOfRun && run !== null ? run.id : owner,
        scope: SCOPES.indexOf(scope),
        facet: name,
        source: this.interned.source(source),
        t: at.t,
        k: at.k,
        producer,
        schemaURL,
        value,
      };
      if (isOfRun) this.#behind.runFacet(facet);
      else this.#behind.facet(facet);
    }
  }

  #writtenBy(delta: Delta): number[] {
    const written: number[] = [];
    for (const said of delta.said) {
      if (said.timeline.direction !== 'WRITES') continue;
      for (const element of said.elements) if (element.kind === 'WRITES') written.push(this.interned.asset(element.to));
    }
    return written;
  }

  #spell(name: number, kind: number, spelling: Name): void {
    const key = `${name}\n${spelling.namespace}\n${spelling.name}`;
    if (this.#spelled.get(key) === true) return;
    this.#spelled.set(key, true);
    if (
      this.#db.get(
        'SELECT 1 AS yes FROM spelling WHERE name = ? AND namespace = ? AND text = ?',
        name,
        spelling.namespace,
        spelling.name,
      ) !== undefined
    )
      return;
    this.#db.write(
      'INSERT INTO spelling(name, kind, namespace, text) VALUES (?, ?, ?, ?)',
      name,
      kind,
      spelling.namespace,
      spelling.name,
    );
    this.#touch(name, 'structure');
  }

  /** Jobs that are no batch jobs: all others are what a job is unless told otherwise. */
  #loadProcessing(): void {
    for (const row of this.#db.all(
      "SELECT DISTINCT job FROM run WHERE type <> 'BATCH' UNION SELECT job FROM declared_type WHERE type <> 'BATCH'",
    )) {
      const job = int(row, 'job');
      this.#processing.set(job, this.#assets.processing(job));
    }
  }

  #loadTracked(): void {
    for (const row of this.#db.all('SELECT id FROM name WHERE tracked = 1')) this.#tracked.add(int(row, 'id'));
  }
}
