/**
 * Rows of edges: who claimed them when, as their intervals and evidence say. Which runs made a claim, and what these
 * replaced, is in no line: see `SealedTimelines`.
 */
import {
  type AssetName,
  type ColumnEdgeLine,
  type EdgeKind,
  type EdgeLine,
  type ExportEvidence,
  FOREVER,
  parseColumnEdgeId,
  parseEdgeId,
  type Span,
} from '#lineage';
import type { Database } from '../database.ts';
import { BadRows } from '../graph-rows.ts';
import type { Interned, TimelineRow } from '../interned.ts';
import { compareKeys, type Key, placed, prefixOf } from '../stamps.ts';
import { attestationCode, type Note } from '../write/claim-writer.ts';
import { instantOf, type LineNames, spanOf } from './line-names.ts';
import type { NameRows } from './name-rows.ts';
import { SealedTimelines } from './sealed-timelines.ts';
import { shareIntervals, withoutCuts } from './share-intervals.ts';

/** One source's word on one edge. */
interface Claim {
  readonly source: string;
  /** null: nobody's. */
  readonly how: number | null;
  readonly first: Key;
  readonly last: Key;
  readonly declared: boolean;
}

/** An edge as it was observed. */
interface Observed {
  readonly element: number;
  readonly spans: readonly Span[];
  /** Whether deaths cut it: then who used the dataset when is not for a guess. */
  readonly cut: boolean;
}

export class ClaimRows {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: LineNames;
  readonly #nodes: NameRows;
  readonly #sealed: SealedTimelines;
  readonly #now: number;
  readonly #events = new Set<string>();
  readonly #notes = new Map<string, { readonly timeline: number; readonly stamp: Key; readonly notes: Note[] }>();

  constructor(db: Database, interned: Interned, names: LineNames, nodes: NameRows, now: number) {
    this.#now = now;
    this.#sealed = new SealedTimelines(db, interned);
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#nodes = nodes;
    db.exec(`
      CREATE TEMP TABLE stated_claim (
        timeline INTEGER NOT NULL, element INTEGER NOT NULL, since INTEGER, cut INTEGER NOT NULL,
        first_t INTEGER NOT NULL, first_k INTEGER NOT NULL, last_t INTEGER NOT NULL, last_k INTEGER NOT NULL, how INTEGER
      );
      CREATE INDEX temp.stated_claim_of ON stated_claim(timeline);
    `);
  }

  edge(line: EdgeLine): void {
    const key = parseEdgeId(line.id);
    if (key === null || key.kind !== line.edge) throw new BadRows(`${line.id} is no id of such an edge`);
    const { edge: kind } = line;
    const observed = this.#observed(line, [key.from, key.to], (from, to) =>
      this.#interned.element({ kind, from, to }, 0),
    );
    this.#claim(line, observed, (claim) => this.#timelineOf(kind, key.from, key.to, claim));
  }

  columnEdge(line: ColumnEdgeLine): void {
    const key = parseColumnEdgeId(line.id);
    if (key === null) throw new BadRows(`${line.id} is no id of a column edge`);
    const { from, to, owner, ...rest } = key;
    const job = owner === null ? 0 : this.#names.know(owner);
    const ends = [
      { kind: 'dataset', ...from },
      { kind: 'dataset', ...to },
    ] as const;
    const observed = this.#observed(line, ends, (src, dst) =>
      this.#interned.element({ kind: 'COLUMN', ...rest, from: src, to: dst }, job),
    );
    const teller = owner ?? ends[1];
    const last = this.#claim(line, observed, (claim) =>
      this.#interned.timeline({
        mode: this.#modeOf(teller, claim),
        owner: teller,
        source: claim.source,
        direction: 'COLUMNS',
        output: to,
      }),
    );
    if (line.description === null && line.masking === null) return;
    const note: Note = [observed.element, line.description, line.masking];
    const at = `${last.timeline}.${last.stamp.t}.${last.stamp.k}`;
    const held = this.#notes.get(at);
    if (held === undefined) this.#notes.set(at, { ...last, notes: [note] });
    else held.notes.push(note);
  }

  /** After the last edge. */
  seal(): void {
    for (const [timeline] of this.#db.tuples('SELECT DISTINCT timeline FROM stated_claim ORDER BY timeline'))
      this.#sealed.seal(this.#interned.timelineById(Number(timeline)));
    for (const { timeline, stamp, notes } of this.#notes.values()) {
      const { t, k } = placed(stamp, 0);
      this.#db.write(
        'INSERT INTO note(timeline, content, t, k) VALUES (?, ?, ?, ?)',
        ...[timeline, this.#interned.content(JSON.stringify(notes)), t, k],
      );
    }
  }

  /** Under the names of its nodes; under another name of one that was dead while the edge held. */
  #observed(
    line: EdgeLine | ColumnEdgeLine,
    ends: readonly [AssetName, AssetName],
    elementOf: (from: AssetName, to: AssetName) => number,
  ): Observed {
    const intervals = line.intervals.map(spanOf);
    let spans = intervals;
    let cut = false;
    const [from, to] = ends.map((end) => {
      const node = this.#names.know(end);
      const dead = this.#nodes.deadOf(node);
      if (dead.length === 0) return end;
      cut = true;
      if (overlap(intervals, dead)) return this.#nodes.ownLife(node) ?? end;
      spans = withoutCuts(spans, dead);
      return end;
    });
    return { element: elementOf(from ?? ends[0], to ?? ends[1]), spans, cut };
  }

  /** @returns the timeline that spoke last, and when */
  #claim(
    { evidence, intervals }: EdgeLine | ColumnEdgeLine,
    { element, spans, cut }: Observed,
    timelineOf: (claim: Claim) => TimelineRow,
  ): { readonly timeline: number; readonly stamp: Key } {
    // Evidence that retention took: somebody said it all the same.
    const nobody = { t: instantOf(intervals[0]?.from ?? ''), k: 0 };
    const claims =
      evidence.length > 0
        ? evidence.map((each) => this.#claimOf(each))
        : [{ source: '', how: null, first: nobody, last: nobody, declared: false }];
    const shares = shareIntervals(
      spans,
      claims.map(({ first, last }) => ({ first: first.t, last: last.t })),
    );
    let latest: { timeline: number; stamp: Key } | null = null;
    for (const [i, claim] of claims.entries()) {
      const timeline = timelineOf(claim);
      const share = shares[i] ?? [];
      for (const { from, to } of share)
        this.#db.write(
          'INSERT INTO span(timeline, element, since, until) VALUES (?, ?, ?, ?)',
          ...[timeline.id, element, from, to],
        );
      this.#db.write(
        'INSERT OR IGNORE INTO edge_timeline(element, columns, timeline) VALUES (?, ?, ?)',
        ...[element, timeline.columns ? 1 : 0, timeline.id],
      );
      const { first, last, how } = claim;
      this.#db.write(
        'INSERT INTO stated_claim(timeline, element, since, cut, first_t, first_k, last_t, last_k, how) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[timeline.id, element, share.find(({ to }) => to === FOREVER)?.from ?? null, cut ? 1 : 0],
        ...[first.t, first.k, last.t, last.k, how],
      );
      if (latest === null || compareKeys(last, latest.stamp) >= 0) latest = { timeline: timeline.id, stamp: last };
    }
    return latest ?? { timeline: 0, stamp: nobody };
  }

  #claimOf(evidence: ExportEvidence): Claim {
    return {
      source: evidence.source,
      how: attestationCode(evidence),
      declared: evidence.how === 'DECLARED',
      first: this.#stampOf(evidence.firstSeen, evidence.firstEvent),
      last: this.#stampOf(evidence.lastSeen, evidence.lastEvent),
    };
  }

  /** Its event is held from now on: sent again, it is a repeat. */
  #stampOf(seen: string, hash: string): Key {
    const t = instantOf(seen);
    if (!/^[0-9a-f]{64}$/.test(hash)) return { t, k: 0 };
    const k = prefixOf(hash);
    if (this.#events.has(hash)) return { t, k };
    this.#events.add(hash);
    // Before whatever the log of this hub will hold: it begins at 1.
    this.#db.write(
      'INSERT INTO event(position, k, hash, t, run, received_at) VALUES (?, ?, ?, ?, 0, ?)',
      ...[-this.#events.size, k, Buffer.from(hash, 'hex'), t, this.#now],
    );
    return { t, k };
  }

  /** Of jobs the one that spoke then tells it; else the one that flows in. */
  #timelineOf(kind: EdgeKind, from: AssetName, to: AssetName, claim: Claim): TimelineRow {
    const { source } = claim;
    const tellers = [to, from].filter((end) => end.kind === 'job');
    const owner = tellers.find((end) => this.#spoke(end, claim)) ?? tellers[0] ?? to;
    const plain = PLAIN[kind];
    if (plain !== undefined && this.#failedThen(owner, claim.last.t)) {
      const of = this.#interned.timeline({ mode: 'RUN', owner, source, direction: plain });
      const failed = this.#interned.failedTimeline(of, true);
      if (failed !== null) return failed;
    }
    return this.#interned.timeline({ mode: this.#modeOf(owner, claim), owner, source, direction: kind });
  }

  #modeOf(owner: AssetName, claim: Claim): 'RUN' | 'DECLARED' {
    if (owner.kind === 'dataset') return 'DECLARED';
    return claim.declared && !this.#spoke(owner, claim) ? 'DECLARED' : 'RUN';
  }

  /** Whether a run of the job was alive when the claim was made first or last. */
  #spoke(job: AssetName, { first, last }: Claim): boolean {
    return [first, last].some(
      ({ t }) =>
        this.#db.get(
          'SELECT 1 AS yes FROM run WHERE job = ? AND start_t <= ? AND last_t >= ? LIMIT 1',
          ...[this.#names.know(job), t, t],
        ) !== undefined,
    );
  }

  #failedThen(job: AssetName, t: number): boolean {
    return (
      this.#db.get(
        "SELECT 1 AS yes FROM run WHERE job = ? AND start_t <= ? AND last_t >= ? AND status = 'FAILED' LIMIT 1",
        ...[this.#names.know(job), t, t],
      ) !== undefined
    );
  }
}

/** What failed runs said of these is shown as MAY_. */
const PLAIN: Readonly<Partial<Record<EdgeKind, 'READS' | 'WRITES'>>> = { MAY_READ: 'READS', MAY_WRITE: 'WRITES' };

const overlap = (spans: readonly Span[], dead: readonly Span[]): boolean =>
  spans.some((span) => dead.some(({ from, to }) => from < span.to && to > span.from));
