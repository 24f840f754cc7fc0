/**
 * SEMANTICS §3: from timelines to claims. Names are as observed here; `resolve-names.ts` says later what they mean.
 *
 * ```
 * timeline ── execution x ── S(x) = { e ↦ m(x,e) }, v(x), E(x)
 * claim (x, e): from m(x,e) to the first v(y) > E(x) of an execution y with e ∉ S(y)
 * ```
 */
import type { AssetName, Delta, Element, Said } from '../../libs/lineage/delta.ts';
import type { Interval } from '../../libs/lineage/read-model.ts';
import type { Run } from './fold-runs.ts';
import { assetKey, byStamp, grouped, hourOf, keyOf, least, nameKey, runOf, thinned } from './order.ts';

/** What was said, and the job or dataset that it is said of: a column edge of two jobs is two. */
export interface Owned {
  readonly owner: AssetName | null;
  /** Of claims and evidence: its kind as served, MAY_READ for what only a failed run said to read. */
  readonly element: Element;
}

export interface Claim extends Owned {
  readonly interval: Interval;
}

/** One event naming one element in one timeline, if it counts as evidence. */
export interface Spoken extends Owned {
  readonly said: Said;
  readonly event: Delta;
}

/** All that one event says in one timeline. */
interface Statement {
  readonly event: Delta;
  readonly elements: ReadonlyMap<string, Owned>;
}

interface Execution {
  readonly mentions: ReadonlyMap<string, Owned & { readonly first: number }>;
  /** v: when it may replace; null: never (it is open). */
  readonly replaces: number | null;
  /** E: until then it was alive. */
  readonly end: number;
}

/** A snapshot's timeline has no owner: there it is the job of the event. */
function ownedElements(event: Delta, said: Said): Owned[] {
  const owner = said.timeline.owner ?? (event.job === null ? null : { kind: 'job' as const, ...event.job });
  return said.elements.map((element) => ({ owner, element }));
}

function elementKey({ element, owner }: Owned): string {
  if (element.kind !== 'COLUMN') return keyOf(element.kind, assetKey(element.from), assetKey(element.to));
  const { from, fromField, to, toField, type, subtype } = element;
  return keyOf('COLUMN', owner && assetKey(owner), nameKey(from), fromField, nameKey(to), toField, type, subtype);
}

function timelineKey({ timeline }: Said): string {
  const { mode, owner, source, direction, output, scope } = timeline;
  // A snapshot is complete for its scope: all directions of it are one timeline.
  if (mode === 'SNAPSHOT') return keyOf(mode, source, scope);
  return keyOf(mode, owner && assetKey(owner), source, direction, output && nameKey(output));
}

/**
 * READS and WRITES of failed runs are served as MAY_READ and MAY_WRITE. Who ran them stays true; whatever else they say
 * claims nothing.
 */
function asFailed(element: Element): Element | null {
  if (element.kind === 'READS') return { ...element, kind: 'MAY_READ' };
  if (element.kind === 'WRITES') return { ...element, kind: 'MAY_WRITE' };
  return element.kind === 'PARENT' || element.kind === 'TRIGGERS' ? element : null;
}

export function foldClaims(events: readonly Delta[], runs: ReadonlyMap<string, Run>): Claim[] {
  const statements = events.flatMap((event) =>
    [...grouped(event.said, timelineKey)].map(([timeline, saids]) => ({ timeline, event, saids })),
  );
  const claims: Claim[] = [];
  for (const group of grouped(statements, ({ timeline }) => timeline).values()) {
    const said = group.map(({ event, saids }) => statementOf(event, saids));
    const mode = group[0]?.saids[0]?.timeline.mode;
    if (mode === 'SNAPSHOT') claims.push(...claimsOf(snapshotExecutions(said)));
    else if (mode === 'DECLARED') claims.push(...claimsOf(thinnedStatements(said).map(ownExecution)));
    else claims.push(...runClaims(thinnedStatements(said), runs));
  }
  return claims;
}

function statementOf(event: Delta, saids: readonly Said[]): Statement {
  const elements = saids.flatMap((said) => ownedElements(event, said));
  return { event, elements: new Map(elements.map((owned) => [elementKey(owned), owned])) };
}

/** §4 Thinning: same run, same timeline, same content, same UTC hour. */
const thinnedStatements = (statements: readonly Statement[]): Statement[] =>
  thinned(statements, ({ event, elements }) => keyOf(runOf(event), hourOf(event.stamp.t), [...elements.keys()].sort()));

function runClaims(statements: readonly Statement[], runs: ReadonlyMap<string, Run>): Claim[] {
  const failed: Statement[] = [];
  const standing: { readonly statement: Statement; readonly run: Run; readonly execution: string }[] = [];
  for (const statement of statements) {
    const run = runs.get(runOf(statement.event) ?? '');
    if (run === undefined) continue;
    if (run.status === 'FAILED') failed.push(statement);
    else if (run.status === 'LIVE' && run.processing.content === 'COMPLETE_SNAPSHOT') {
      standing.push({ statement, run, execution: keyOf('event', statement.event.stamp.h) });
    } else standing.push({ statement, run, execution: run.execution });
  }
  const executions = [...grouped(standing, ({ execution }) => execution).values()].map((members) =>
    executionOf(
      members.map(({ statement }) => statement),
      // v: the first `done` of a DONE run that mentioned the timeline, or the first mention of a LIVE run
      members.flatMap(({ statement, run }) => (run.status === 'LIVE' ? [statement.event.stamp.t] : (run.done ?? []))),
      // E counts every `done` beside the mentions
      members.flatMap(({ run }) => run.done ?? []),
    ),
  );
  return [...claimsOf(executions), ...failedClaims(failed, executions)];
}

/** A JobEvent, a DatasetEvent, one mention of a COMPLETE_SNAPSHOT run: m = v = E = t. */
const ownExecution = (statement: Statement): Execution => executionOf([statement], [statement.event.stamp.t], []);

function executionOf(
  statements: readonly Statement[],
  mayReplaceAt: readonly number[],
  aliveAt: readonly number[],
): Execution {
  const mentions = new Map<string, Owned & { first: number }>();
  for (const { event, elements } of statements) {
    for (const [key, owned] of elements) {
      const first = Math.min(mentions.get(key)?.first ?? event.stamp.t, event.stamp.t);
      mentions.set(key, { ...owned, first });
    }
  }
  return {
    mentions,
    replaces: least(mayReplaceAt),
    end: Math.max(...aliveAt, ...statements.map(({ event }) => event.stamp.t)),
  };
}

/** headwater_snapshot: an execution per snapshot id of which all parts are held; m = v = E = its `takenAt`. */
function snapshotExecutions(statements: readonly Statement[]): Execution[] {
  const complete = [...grouped(statements, ({ event }) => keyOf(event.snapshot?.id)).values()].filter(isComplete);
  return complete.map((parts) => {
    const at = parts.at(-1)?.event.snapshot?.takenAt ?? 0;
    const elements = parts.flatMap((part) => [...part.elements]);
    return {
      mentions: new Map(elements.map(([key, owned]) => [key, { ...owned, first: at }])),
      replaces: at,
      end: at,
    };
  });
}

/** `parts` as the last statement has it. */
function isComplete(statements: readonly Statement[]): boolean {
  const held = new Set(statements.map(({ event }) => event.snapshot?.part));
  const parts = statements.at(-1)?.event.snapshot?.parts ?? 0;
  for (let part = 1; part <= parts; part++) if (!held.has(part)) return false;
  return parts > 0;
}

/** The claim (x, e) holds from m(x,e) to the first v(y) > E(x) of an execution y with e ∉ S(y). */
function claimsOf(executions: readonly Execution[]): Claim[] {
  return executions.flatMap((x) =>
    [...x.mentions].map(([key, { owner, element, first }]) => ({
      owner,
      element,
      interval: { from: first, to: firstAfter(x.end, executions, (y) => !y.mentions.has(key)) },
    })),
  );
}

/** FAILED: as `asFailed` has it, from the run's mention to the first v(y) > the run's last mention, of any y. They replace nothing. */
function failedClaims(statements: readonly Statement[], executions: readonly Execution[]): Claim[] {
  return [...grouped(statements, ({ event }) => runOf(event) ?? '').values()].flatMap((own) => {
    const { mentions, end } = executionOf(own, [], []);
    return [...mentions.values()].flatMap(({ owner, element, first }) => {
      const may = asFailed(element);
      return may === null
        ? []
        : { owner, element: may, interval: { from: first, to: firstAfter(end, executions, () => true) } };
    });
  });
}

function firstAfter(
  end: number,
  executions: readonly Execution[],
  mayEnd: (execution: Execution) => boolean,
): number | null {
  return least(executions.flatMap((y) => (y.replaces !== null && y.replaces > end && mayEnd(y) ? y.replaces : [])));
}

/** Every statement that is evidence for a claim, in order: events by (t, h), then list order. */
export function foldEvidence(events: readonly Delta[], runs: ReadonlyMap<string, Run>): Spoken[] {
  const snapshots = grouped(
    events.filter((event) => event.snapshot !== null),
    ({ snapshot }) => keyOf(snapshot?.source, snapshot?.scope, snapshot?.id),
  );
  const incomplete = new Set(
    [...snapshots.values()]
      .filter((parts) => !isComplete(parts.map((event) => ({ event, elements: new Map() }))))
      .flat(),
  );
  const spoken: Spoken[] = [];
  for (const event of events) {
    const failed = runs.get(runOf(event) ?? '')?.status === 'FAILED';
    for (const said of event.said) {
      if (said.timeline.mode === 'SNAPSHOT' && incomplete.has(event)) continue;
      for (const { owner, element: named } of ownedElements(event, said)) {
        const element = failed && said.timeline.mode === 'RUN' ? asFailed(named) : named;
        if (element !== null) spoken.push({ owner, element, said, event });
      }
    }
  }
  return spoken.sort((a, b) => byStamp(a.event.stamp, b.event.stamp));
}

/**
 * Notes on column edges (description, masking) are the last ones said, by a failed run too: they claim nothing.
 * A snapshot that never completes is nothing.
 */
export function foldNotes(events: readonly Delta[], evidence: readonly Spoken[]): Spoken[] {
  const counted = new Set(evidence.map(({ event }) => event));
  return events.flatMap((event) =>
    event.said
      .filter((said) => said.timeline.mode !== 'SNAPSHOT' || counted.has(event))
      .flatMap((said) => ownedElements(event, said).map((owned) => ({ ...owned, said, event }))),
  );
}
