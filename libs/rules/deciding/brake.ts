/**
 * Stops what fires far more than it used to, whoever's fault it is: a loop that no other guard saw, an outage that makes
 * a thousand tables late at once, a rule that was written too wide.
 *
 * Fires are counted by the hour. Far more than usual is more than the median of the past hours and six of their typical
 * deviations (the median absolute deviation: one wild hour moves neither), and more than twice what the same hour of past days
 * had, so that a nightly load is no surprise. Below `least` nothing is far more.
 *
 * ```
 * hours      4 6 5 4 40 6 5      median 5, MAD 1       limit max(least, 5 + 6 · 1.4826 · 1) = max(least, 13.9)
 *                    └ the wild hour: a mean of 10 and a deviation of 12 would have let 80 pass
 * ```
 *
 * Once on, it stays on until an hour has gone by within the limit, or a person resumes. Hours with the brake on are no
 * measure of what is usual.
 */

const HOUR = 3_600_000;
/** A week. */
const KEPT_HOURS = 168;
/** Before that nobody knows what is usual. */
const LEARNT_HOURS = 24;
const DEVIATIONS = 6;
/** Of the normal distribution: standard deviation by median absolute deviation. */
const NORMAL = 1.4826;

export interface BrakeState {
  /** Hours since the epoch of the hour that is counted; null: nothing was. */
  readonly hour: number | null;
  /** Fires that were wanted in it, those that the brake held among them. */
  readonly wanted: number;
  /** Those of the hours before, the latest last; null: the brake was on. */
  readonly history: readonly (number | null)[];
  /** On since then, ms; null: off. */
  readonly since: number | null;
  /** Of those that are wanted in this hour, so many were found right by a person. */
  readonly right?: number;
}

export const BRAKE_OFF: BrakeState = { hour: null, wanted: 0, history: [], since: null };

/** How many an hour are never too many. */
export interface BrakeLimits {
  readonly least: number;
}

export const RULE_BRAKE: BrakeLimits = { least: 60 };
export const ENGINE_BRAKE: BrakeLimits = { least: 600 };

/** The state once the hours up to `at` have gone by. Time that runs backwards counts in the hour that is counted. */
export function brakeAt(state: BrakeState, at: number, limits: BrakeLimits): BrakeState {
  const now = Math.floor(at / HOUR);
  if (state.hour === null) return { ...state, hour: now };
  if (now <= state.hour) return state;
  const isWithin = state.wanted <= (state.right ?? 0) + limitOf(state, limits);
  const calm = state.since !== null && (isWithin || now > state.hour + 1);
  const gap = Array<number>(Math.min(now - state.hour - 1, KEPT_HOURS)).fill(0);
  const ended = state.since === null ? state.wanted : null;
  const history = [...state.history, ended, ...gap].slice(-KEPT_HOURS);
  return { hour: now, wanted: 0, history, since: calm ? null : state.since };
}

/** One more fire is wanted. `held`: it must not happen. */
export function brakeStep(
  before: BrakeState,
  at: number,
  limits: BrakeLimits,
): { readonly state: BrakeState; readonly held: boolean; readonly limit: number } {
  const state = brakeAt(before, at, limits);
  const limit = (state.right ?? 0) + limitOf(state, limits);
  const wanted = state.wanted + 1;
  const held = state.since !== null || wanted > limit;
  return { state: { ...state, wanted, since: held ? (state.since ?? at) : null }, held, limit };
}

/** A person says that it is all right: what was wanted is usual from now on, and in this hour as much again may come. */
export const releaseBrake = (state: BrakeState): BrakeState => ({
  ...state,
  history: state.history.map((wanted) => wanted ?? state.wanted),
  right: state.wanted,
  since: null,
});

/** Fires an hour that are not yet far more than usual, in the hour that is counted. */
export function limitOf({ history }: BrakeState, { least }: BrakeLimits): number {
  const known = history.filter((count) => count !== null);
  if (known.length < LEARNT_HOURS) return least;
  const middle = median(known);
  const deviation = NORMAL * median(known.map((count) => Math.abs(count - middle)));
  // The same hour of past days: 24, 48 … before this one.
  const sameHour = history.filter((_, i) => (history.length - i) % 24 === 0).filter((count) => count !== null);
  return Math.max(least, middle + DEVIATIONS * deviation, 2 * median(sameHour));
}

/** Of no values: 0. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
