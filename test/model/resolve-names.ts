/**
 * SEMANTICS §4, names: marks and uses, life, renames, symlinks, and the nodes that they make.
 *
 * ```
 * name as observed ──renames──▶ name ──symlinks──▶ component ──▶ node
 *        a ──────alias of─────▶  b  ◀───joins───── L               named b; a and L are aliases
 * ```
 */
import type { Delta, Mark, Mention, Name } from '../../libs/lineage/delta.ts';
import type { Interval } from '../../libs/lineage/read-model.ts';
import type { Run } from './fold-runs.ts';
import { holdsNow, union } from './intervals.ts';
import { byName, byText, grouped, hourOf, keyOf, least, nameKey, runOf, thinned } from './order.ts';

export interface DatasetNode {
  /** The member that names it. */
  readonly name: Name;
  /** Symlinked names that are not renamed away, whether or not an event was ever about them. */
  readonly members: readonly Name[];
  /** Names that were renamed to a member. */
  readonly former: readonly Name[];
  readonly contested: readonly Name[];
  readonly dead: readonly Interval[];
}

export interface Names {
  readonly nodes: readonly DatasetNode[];
  /** null: no event was about any of its names. */
  nodeOf(observed: Name): DatasetNode | null;
  /** When the name was dropped: with the names that it shares its life with. */
  deadOf(observed: Name): readonly Interval[];
}

interface EffectiveMark {
  readonly mark: Mark;
  readonly event: Delta;
  readonly run: string | null;
  readonly at: number;
}

interface Use {
  readonly name: string;
  readonly at: number;
  /** The run whose first mention or `done` it is; null: a mark or a DatasetEvent. */
  readonly byRun: string | null;
}

export function resolveNames(events: readonly Delta[], runs: ReadonlyMap<string, Run>): Names {
  const marks = effectiveMarks(events, runs);
  const uses = usesOf(events, runs, marks);
  const renames = renamesOf(marks, uses);
  const known = knownNames(events);

  /** Times rise along a chain of renames, so that it ends. */
  const renamed = (name: Name): Name => {
    const target = renames.get(nameKey(name));
    return target === undefined ? name : renamed(target);
  };
  const claims = symlinkClaims(events, (name) => holdsNow(deadIntervals([name], marks, uses)), renamed);
  const isCurrent = (name: Name): boolean => !renames.has(nameKey(name));
  const merge = merged([...known.values()].filter(isCurrent), claims);
  const mentioned = new Set(datasetMentions(events).map(({ asset }) => nameKey(asset)));

  const nodes = merge.components.flatMap((members) => {
    const name = nameOfNode(members, mentioned, claims);
    const keys = new Set(members.map(nameKey));
    return name === null
      ? []
      : {
          name,
          members,
          former: [...known.values()].filter((other) => !isCurrent(other) && keys.has(nameKey(renamed(other)))),
          contested: merge.contested
            .filter(({ claimants }) => claimants.some((claimant) => keys.has(claimant)))
            .map(({ identifier }) => identifier),
          dead: deadIntervals(members, marks, uses),
        };
  });
  const byMember = new Map(nodes.flatMap((node) => node.members.map((member) => [nameKey(member), node])));
  const nodeOf = (observed: Name): DatasetNode | null => byMember.get(nameKey(renamed(observed))) ?? null;
  return {
    nodes,
    nodeOf,
    // A name renamed away keeps its own life.
    deadOf: (observed) =>
      isCurrent(observed) ? (nodeOf(observed)?.dead ?? []) : deadIntervals([observed], marks, uses),
  };
}

export const datasetMentions = (events: readonly Delta[]): Mention[] =>
  events.flatMap((event) => event.mentions).filter(({ asset }) => asset.kind === 'dataset');

function knownNames(events: readonly Delta[]): Map<string, Name> {
  const names = [
    ...datasetMentions(events).map(({ asset }) => asset),
    ...events.flatMap((event) => event.marks).flatMap(({ dataset, previous }) => [dataset, previous ?? []].flat()),
    ...events.flatMap((event) => event.symlinks).flatMap(({ dataset, identifiers }) => [dataset, ...identifiers]),
  ];
  return new Map(names.map(({ namespace, name }) => [nameKey({ namespace, name }), { namespace, name }]));
}

// ---- marks and uses ----

/** What replaces or removes counts from the run's first COMPLETE, and never if the run failed; elsewhere at t. */
export function effectiveAt(event: Delta, runs: ReadonlyMap<string, Run>): number | null {
  const run = runs.get(runOf(event) ?? '');
  if (run === undefined || run.status === 'LIVE') return event.stamp.t;
  return run.done === null ? null : Math.max(event.stamp.t, run.done);
}

function effectiveMarks(events: readonly Delta[], runs: ReadonlyMap<string, Run>): EffectiveMark[] {
  return events.flatMap((event) => {
    const at = effectiveAt(event, runs);
    return at === null ? [] : lastOfEach(event.marks).map((mark) => ({ mark, event, run: runOf(event), at }));
  });
}

/** An event that names a dataset twice: the last mark on it wins. */
const lastOfEach = (marks: readonly Mark[]): Mark[] => [
  ...new Map(marks.map((mark) => [nameKey(mark.dataset), mark])).values(),
];

function usesOf(events: readonly Delta[], runs: ReadonlyMap<string, Run>, marks: readonly EffectiveMark[]): Use[] {
  // Thinned as all statements are: the same use of a name, several times in one hour, counts first and last.
  const byMarks = thinned(
    marks.filter(({ mark }) => mark.kind !== 'DROP'),
    ({ mark, run, event }) =>
      keyOf(nameKey(mark.dataset), mark.kind, mark.previous && nameKey(mark.previous), run, hourOf(event.stamp.t)),
  ).map(({ mark, at }) => ({ name: nameKey(mark.dataset), at, byRun: null }));

  const datasetEvents = events.flatMap((event) => {
    const about = event.kind === 'DATASET' ? event.mentions[0]?.asset : undefined;
    if (about === undefined) return [];
    const name = nameKey(about);
    const dropped = lastOfEach(event.marks).some((mark) => mark.kind === 'DROP' && nameKey(mark.dataset) === name);
    return dropped ? [] : { name, at: event.stamp.t, byRun: null };
  });
  const byDatasetEvents = thinned(datasetEvents, ({ name, at }) => keyOf(name, hourOf(at)));

  return [...byMarks, ...byDatasetEvents, ...[...runs.values()].flatMap(usesByRun)];
}

/** Its first mention of a name, FAILED or not; and its `done`, where it wrote it. */
function usesByRun(run: Run): Use[] {
  const mentions = run.events.flatMap((event) => mentionedBy(event).map((name) => ({ name, at: event.stamp.t })));
  const first = [...grouped(mentions, ({ name }) => name)].map(([name, all]) => ({
    name,
    at: Math.min(...all.map(({ at }) => at)),
    byRun: run.key,
  }));
  const { done } = run;
  const written = done === null ? [] : [...new Set(run.events.flatMap(writtenBy))];
  return [...first, ...written.flatMap((name) => (done === null ? [] : { name, at: done, byRun: run.key }))];
}

const elementsOf = (event: Delta) => event.said.flatMap((said) => said.elements);

const mentionedBy = (event: Delta): string[] =>
  elementsOf(event).flatMap((element) => {
    if (element.kind === 'READS' || element.kind === 'MAY_READ') return nameKey(element.from);
    return element.kind === 'WRITES' || element.kind === 'MAY_WRITE' ? nameKey(element.to) : [];
  });

const writtenBy = (event: Delta): string[] =>
  elementsOf(event).flatMap((element) => (element.kind === 'WRITES' ? nameKey(element.to) : []));

// ---- life ----

/** DROP at d: dead from d to the first use ≥ d of any of the names. A use at the same instant wins. */
function deadIntervals(names: readonly Name[], marks: readonly EffectiveMark[], uses: readonly Use[]): Interval[] {
  const keys = new Set(names.map(nameKey));
  const drops = marks.filter(({ mark }) => mark.kind === 'DROP' && keys.has(nameKey(mark.dataset)));
  const dead = drops.map((drop) => {
    const after = uses.filter((use) => keys.has(use.name) && use.at >= drop.at && !isOwn(use, drop, drop.mark.dataset));
    return { from: drop.at, to: least(after.map((use) => use.at)) };
  });
  return union(dead.filter(({ from, to }) => to !== from));
}

/** A run that drops a name, or renames it away, names it: that is no use of it. */
const isOwn = (use: Use, { run }: EffectiveMark, name: Name): boolean =>
  use.byRun !== null && use.byRun === run && use.name === nameKey(name);

// ---- renames ----

/** By name: what it is an alias of. The latest rename decides, and holds while the name is not used again. */
function renamesOf(marks: readonly EffectiveMark[], uses: readonly Use[]): Map<string, Name> {
  const renames = marks.flatMap((one) => {
    const { kind, previous, dataset } = one.mark;
    const isRename = kind === 'RENAME' && previous !== undefined && nameKey(previous) !== nameKey(dataset);
    return isRename ? { ...one, previous, target: dataset } : [];
  });
  const aliases = new Map<string, Name>();
  for (const [name, all] of grouped(renames, ({ previous }) => nameKey(previous))) {
    const latest = all
      .sort((a, b) => a.at - b.at || byText(a.event.stamp.h, b.event.stamp.h) || byName(a.target, b.target))
      .at(-1);
    if (latest === undefined) continue;
    const used = uses.some((use) => use.name === name && use.at >= latest.at && !isOwn(use, latest, latest.previous));
    if (!used) aliases.set(name, latest.target);
  }
  return aliases;
}

// ---- symlinks ----

interface SymlinkClaim {
  readonly claimant: string;
  readonly identifier: Name;
}

/** The last symlinks facet per (P, source), unless deleted or P is dropped at the end. */
function symlinkClaims(
  events: readonly Delta[],
  isDead: (name: Name) => boolean,
  renamed: (name: Name) => Name,
): SymlinkClaim[] {
  const statements = events.flatMap((event) => event.symlinks);
  const last = new Map(statements.map((said) => [keyOf(nameKey(said.dataset), said.source), said]));
  const claims = [...last.values()]
    .filter((said) => !said.deleted && !isDead(said.dataset))
    .flatMap(({ dataset, identifiers }) =>
      identifiers.map((identifier) => ({ claimant: nameKey(renamed(dataset)), identifier: renamed(identifier) })),
    )
    .filter(({ claimant, identifier }) => claimant !== nameKey(identifier));
  return [...new Map(claims.map((claim) => [keyOf(claim.claimant, nameKey(claim.identifier)), claim])).values()];
}

/**
 * Step 2 joins L to P where P alone claims it; step 3 joins L claimed by several, if step 2 made those one.
 *
 * ```
 * L1 ◀─ P1    L2 ◀─ P1, P2    nothing joins P1 and P2: L2 is contested
 * P2 ◀─ P1    L2 ◀─ P1, P2    step 2 made P1 and P2 one: L2 joins them
 * ```
 * No fixpoint: what step 3 joins can't settle another identifier.
 */
function merged(names: readonly Name[], claims: readonly SymlinkClaim[]) {
  let components = names.map((name) => [name]);
  const componentOf = (key: string): Name[] | undefined =>
    components.find((members) => members.some((member) => nameKey(member) === key));
  const join = (a: string, b: string): void => {
    const [left, right] = [componentOf(a), componentOf(b)];
    if (left === undefined || right === undefined || left === right) return;
    components = [...components.filter((one) => one !== left && one !== right), [...left, ...right].sort(byName)];
  };

  const identifiers = [...grouped(claims, ({ identifier }) => nameKey(identifier)).values()];
  const single = identifiers.filter((claimants) => claimants.length === 1).flat();
  for (const { claimant, identifier } of single) join(claimant, nameKey(identifier));

  const settled = identifiers.filter((claimants) => {
    const where = new Set(claimants.map(({ claimant }) => componentOf(claimant)));
    return claimants.length > 1 && where.size === 1;
  });
  const contested = identifiers.filter((claimants) => claimants.length > 1 && !settled.includes(claimants));
  for (const { claimant, identifier } of settled.flat()) join(claimant, nameKey(identifier));
  return {
    components,
    contested: contested.flatMap((all) =>
      all.slice(0, 1).map(({ identifier }) => ({ identifier, claimants: all.map(({ claimant }) => claimant) })),
    ),
  };
}

/** Smallest member that no member claims; if there is none (a⇄b), the smallest. Only names that events were about. */
function nameOfNode(
  members: readonly Name[],
  mentioned: ReadonlySet<string>,
  claims: readonly SymlinkClaim[],
): Name | null {
  const keys = new Set(members.map(nameKey));
  const claimed = new Set(
    claims.filter(({ claimant }) => keys.has(claimant)).map(({ identifier }) => nameKey(identifier)),
  );
  const candidates = members.filter((member) => mentioned.has(nameKey(member))).sort(byName);
  return candidates.find((member) => !claimed.has(nameKey(member))) ?? candidates[0] ?? null;
}
