/**
 * Data time: how far a dataset's content reaches in the time of its source. It is carried along the lineage by what
 * writes, and kept as steps, since a run sees its inputs as they were when it began.
 *
 * ```
 * raw   told 08:00 ────────── told 09:00 ──────────────▶
 *            │ read at 08:10
 * stg        └─▶ done 08:20: 08:00 ────────────────────▶
 *                     │ read at 09:30
 * mart                └─▶ done 09:40: 08:00 ───────────▶      raw had 09:00 by then, but mart read stg
 * ```
 *
 * A dataset reaches as far as the furthest of what was said of it so far, so that rerunning an old partition makes nothing
 * fresher, and nothing staler either. Each contribution is one of four:
 *
 * | | from | says |
 * |---|---|---|
 * | known | a watermark; a continuous job's progress; a batch run whose inputs are all known: the least of them | it reaches this far |
 * | bare | a batch run that names no inputs | it reaches as far as the start of that run, if no watermark of its own says otherwise |
 * | open | a batch run of which an input is unknown; a continuous job that tells no progress | it reaches any point up to here, and nobody knows which |
 * | none | a batch run that read nothing but what it wrote | nothing |
 *
 * So an unknown input makes the result unknown unless the dataset is known to reach further than that write can have
 * brought it.
 */

/** The order in which things count: event time (ms) doubled, and one more for a run that began and ended in that instant. */
export type Moment = number;

/** A batch run that is DONE, and one dataset that it wrote. */
export interface DataWrite {
  readonly kind: 'write';
  /** No two contributions share it. Where two say the same, the lesser key is the one that is named. */
  readonly key: string;
  readonly dataset: string;
  /** The job, for people. */
  readonly job: string;
  /** The first event of the run, ms: its inputs count as they were then, this instant included. */
  readonly start: number;
  /** When what it wrote counts, ms: `done`. */
  readonly at: number;
  /** What it can't reach beyond, ms: the end of its nominal time, without an end its start. */
  readonly cap: number | null;
  /** The data time told with what it wrote, ms. It knows better than the inputs. */
  readonly watermark: number | null;
  /** What it read, sorted, without the dataset itself: a table merged into itself would never get fresher. */
  readonly inputs: readonly string[];
  /** It read what it wrote. */
  readonly readsItself: boolean;
}

/** Someone said how far a dataset reaches. */
export interface DataTold {
  readonly kind: 'told';
  readonly key: string;
  readonly dataset: string;
  /** The continuous job that writes it, for people; null: the dataset's own watermark. */
  readonly job: string | null;
  /** When it counts, ms. */
  readonly at: number;
  /** ms; null: unknown. */
  readonly reach: number | null;
  /** Of an unknown reach: it can't be further than this, ms. */
  readonly bound: number;
  /** How the reach is known, or why it isn't. */
  readonly because: string;
}

export type Contribution = DataWrite | DataTold;

/** What a contribution comes to. */
export type ContributionValue =
  | {
      readonly kind: 'known' | 'bare' | 'open';
      readonly value: number;
      readonly via: string | null;
      readonly capped: boolean;
    }
  | { readonly kind: 'none' };

export interface Held {
  readonly value: number;
  /** Key of the contribution that set it. */
  readonly by: string;
}

/** How far a dataset reaches from one moment to the next step. */
export interface DataTimeStep {
  readonly moment: Moment;
  /** It was told a watermark of its own by now: what knows less is left out from then on. */
  readonly own: boolean;
  readonly known: Held | null;
  readonly bare: Held | null;
  readonly open: Held | null;
}

/** What a step comes to; `upTo`: it reaches no further than this. */
export type Shown =
  | { readonly at: number; readonly by: string }
  | { readonly at: null; readonly by: string | null; readonly upTo: number };

/** Before anything was said. */
export const NOTHING: DataTimeStep = {
  moment: Number.NEGATIVE_INFINITY,
  own: false,
  known: null,
  bare: null,
  open: null,
};

/** A run that began and ended in one instant comes after all else in it. */
export function momentOf(contribution: Contribution): Moment {
  return 2 * contribution.at + (contribution.kind === 'write' && contribution.start === contribution.at ? 1 : 0);
}

/**
 * The last moment that a run still sees. Ties are inclusive: what was done in the instant in which it began counts. Two
 * runs that begin and end in one and the same instant don't see each other: which came first can't be told, and a circle of
 * them would have no answer.
 */
export function seenBy(write: DataWrite): Moment {
  return 2 * write.start + (write.start === write.at ? 0 : 1);
}

export function shownOf({ known, bare, open }: DataTimeStep): Shown {
  const best = known !== null && (bare === null || known.value >= bare.value) ? known : bare;
  if (open !== null && (best === null || open.value > best.value)) return { at: null, by: open.by, upTo: open.value };
  return best === null ? { at: null, by: null, upTo: Number.POSITIVE_INFINITY } : { at: best.value, by: best.by };
}

/** @param seen each input as the run saw it */
export function contributed(contribution: Contribution, seen: (input: string) => Shown): ContributionValue {
  if (contribution.kind === 'told') {
    const { reach, bound } = contribution;
    return { kind: reach === null ? 'open' : 'known', value: reach ?? bound, via: null, capped: false };
  }
  const { start, cap, watermark, inputs, readsItself } = contribution;
  if (watermark !== null) return { kind: 'known', value: watermark, via: null, capped: false };
  const most = cap === null ? start : Math.min(start, cap);
  if (inputs.length === 0)
    return readsItself ? { kind: 'none' } : { kind: 'bare', value: most, via: null, capped: most < start };
  let least = Number.POSITIVE_INFINITY;
  let via: string | null = null;
  let unknown: string | null = null;
  for (const input of inputs) {
    const shown = seen(input);
    if (shown.at === null) unknown ??= input;
    const reach = shown.at ?? shown.upTo;
    if (reach < least) {
      least = reach;
      via = input;
    }
  }
  if (unknown !== null) return { kind: 'open', value: Math.min(most, least), via: unknown, capped: false };
  const capped = cap !== null && cap < least;
  return { kind: 'known', value: capped ? cap : least, via, capped };
}

/** The step after contributions of one moment, which come in the order of their keys. */
export function nextStep(
  before: DataTimeStep,
  moment: Moment,
  contributions: Iterable<{ readonly contribution: Contribution; readonly value: ContributionValue }>,
): DataTimeStep {
  let { own, known, bare, open } = before;
  for (const { contribution, value } of contributions) {
    if (value.kind === 'none') continue;
    const held = { value: value.value, by: contribution.key };
    if (value.kind === 'known') {
      known = further(known, held);
      own ||= isOwn(contribution);
    } else if (value.kind === 'bare') bare = further(bare, held);
    else open = further(open, held);
  }
  const reached = known?.value ?? Number.NEGATIVE_INFINITY;
  // What the known has overtaken never counts again: steps stay equal from there on, and a late event stops rippling.
  if (own || (bare !== null && bare.value <= reached)) bare = null;
  if (own || (open !== null && open.value <= reached)) open = null;
  return { moment, own, known, bare, open };
}

/** The dataset's own word, not what a continuous job makes of its progress. */
const isOwn = (contribution: Contribution): boolean =>
  contribution.kind === 'told' ? contribution.job === null : contribution.watermark !== null;

const further = (held: Held | null, other: Held): Held => (held === null || other.value > held.value ? other : held);

export const sameStep = (a: DataTimeStep, b: DataTimeStep): boolean =>
  a.own === b.own && sameHeld(a.known, b.known) && sameHeld(a.bare, b.bare) && sameHeld(a.open, b.open);

const sameHeld = (a: Held | null, b: Held | null): boolean =>
  a === b || (a !== null && b !== null && a.value === b.value && a.by === b.by);
