import { assetId } from '../ids.ts';
import { formatInstant } from '../instant.ts';
import type { Flow, FlowState } from '../read-model.ts';
import { fingerprint } from './fingerprint.ts';
import { flowEvidence } from './flow-evidence.ts';
import type { FlowLimits } from './flow-limits.ts';
import { COMPLETE, type FlowRow, GOING_ON, GONE, WORDS, type Word } from './flow-row.ts';
import { type FlowView, flowViewOf } from './flow-view.ts';
import { sayDuration } from './say.ts';
import type { Rhythm } from './usual-interval.ts';

/**
 * The flow of a continuous job at `now` (ms): a pure function of its row. The states, first match:
 *
 * | state | when |
 * |---|---|
 * | UNKNOWN | no run was observed, or one word only, long ago |
 * | STOPPED | the newest word is an end, no other run goes on, and ending is not this job's way of going on |
 * | SILENT | no word for three usual intervals |
 * | STALLED | input grows before a position that stands; or Flink restarts and completes no checkpoint |
 * | LAGGING | beyond a limit |
 * | IDLE | at the end of its input, and nothing new in the last interval |
 * | FLOWING | otherwise |
 *
 * `since` is when the state began in the world, as far as the row tells: of SILENT the last word, of STOPPED the end, of
 * STALLED the last time that nothing waited. FLOWING and IDLE go back to the last break among the newest 48 words, else
 * to the first word ever; a store that keeps the last state knows better (`flow-changes.ts`).
 */
export function flowOf(row: FlowRow, now: number, limits: FlowLimits): Flow {
  const { verdict, view } = judge(row, now, limits);
  const { partitions, rhythm } = view;
  return {
    state: verdict.state,
    since: verdict.since,
    reason: verdict.reason,
    lag: view.lag,
    lagSeconds: view.behind === null || !view.behind.exact ? null : view.behind.ms / 1000,
    watermark: view.watermark,
    throughput: verdict.state === 'SILENT' || verdict.state === 'STOPPED' ? null : view.throughput,
    lastSeen: view.lastSeen,
    usualInterval: rhythm.basis === 'FEW' || rhythm.interval === null ? null : rhythm.interval / 1000,
    inputs: partitions.map(({ row: { namespace, name, partition }, position, end, lag, watermark, at }) => ({
      dataset: assetId({ kind: 'dataset', namespace, name }),
      partition,
      position,
      endPosition: end,
      lag,
      watermark,
      at,
    })),
  };
}

/**
 * The next instant (ms) at which the state may change by the mere passing of time; null: only an event can change it.
 * Before it, `flowOf` gives the same state at every `now`. Silence is all that time alone can bring: STALLED and LAGGING
 * rest on what was seen, so they come with an observation (a position that nobody looked at has not stood still).
 */
export function nextFlowDeadline(row: FlowRow, now: number, limits: FlowLimits): number | null {
  return judge(row, now, limits).verdict.until;
}

interface Verdict {
  readonly state: FlowState;
  readonly since: number;
  readonly reason: string;
  readonly until: number | null;
}

function judge(row: FlowRow, now: number, limits: FlowLimits): { readonly verdict: Verdict; readonly view: FlowView } {
  const view = flowViewOf(row, limits);
  return { view, verdict: verdictOf(view, now, limits) };
}

function verdictOf(view: FlowView, now: number, limits: FlowLimits): Verdict {
  const { row, rhythm, lastSeen } = view;
  if (row.first === null) {
    return {
      state: 'UNKNOWN',
      since: row.heard,
      reason: 'It was declared; no run of it has been observed.',
      until: null,
    };
  }
  const end = endOf(row, rhythm);
  if (end !== null && now >= end.from) {
    const [t, said, run] = end.word;
    const how = said === GONE ? 'Its source said that it is gone' : `Run ${run} said ${WORDS[said]}`;
    return {
      state: 'STOPPED',
      since: end.from,
      reason: `${how} at ${formatInstant(t)}, and no run has spoken since.`,
      until: null,
    };
  }
  const silentFrom = lastSeen + rhythm.patience;
  if (now >= silentFrom) return silenceOf(view, silentFrom, limits);
  const until = end === null ? silentFrom : Math.min(end.from, silentFrom);
  return { ...flowEvidence(view, limits), until };
}

/**
 * The end that stops the job, and from when it does. A word of a run that goes on outweighs another run's end (a
 * restart, a pod fewer) for as long as that run is not itself silent.
 */
function endOf(row: FlowRow, rhythm: Rhythm): { readonly word: Word; readonly from: number } | null {
  const word = row.words.at(-1);
  if (word === undefined || word[1] === GOING_ON) return null;
  const other = row.words.findLast(([, said]) => said === GOING_ON);
  // A new run may start in the very millisecond in which the old one ends.
  if (other !== undefined && other[0] === word[0]) return null;
  if (endsAsItGoes(row, word, rhythm)) return null;
  return { word, from: Math.max(word[0], other === undefined ? word[0] : other[0] + rhythm.patience) };
}

/**
 * A bridge that reports a streaming job as COMPLETE each minute: COMPLETE is its way of going on, not its end. It is
 * when the COMPLETE before came in the job's own rhythm (half an interval to three), from the same run, or from an
 * earlier one that this run followed. A long-lived run that ends soon after another (pods scaled down) is no such thing;
 * ABORT and FAIL never are.
 */
function endsAsItGoes({ completes, beats }: FlowRow, [t, said, runId]: Word, { interval }: Rhythm): boolean {
  if (said !== COMPLETE || interval === null) return false;
  const run = fingerprint(runId);
  return completes.some(([at, of]) => {
    const gap = t - at;
    if (gap < interval / 2 || gap > 3 * interval) return false;
    return of === run || !beats.some(([beat, by]) => by === run && beat <= at);
  });
}

function silenceOf(view: FlowView, from: number, limits: FlowLimits): Verdict {
  const { row, rhythm, lastSeen } = view;
  const last = `Nothing was heard since ${formatInstant(lastSeen)}`;
  const how = rhythm.basis === 'DECLARED' ? 'it declared' : 'it usually speaks';
  if (rhythm.interval === null) {
    return {
      state: 'UNKNOWN',
      since: from,
      reason: `${last}, its only word: too little to know how often it speaks.`,
      until: null,
    };
  }
  const usual =
    rhythm.basis === 'FEW'
      ? `its ${row.beats.length} words were ${sayDuration(rhythm.interval)} apart`
      : `${how} every ${sayDuration(rhythm.interval)}`;
  // What it died of, perhaps: a crash loop that backs off ends in silence.
  const then = flowEvidence(view, limits).state;
  const trouble = then === 'STALLED' || then === 'LAGGING' ? `; it was ${then} by then` : '';
  return {
    state: 'SILENT',
    since: lastSeen,
    reason: `${last}; ${usual}, and silence counts after ${sayDuration(rhythm.patience)}${trouble}.`,
    until: null,
  };
}
