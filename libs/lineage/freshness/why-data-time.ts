/** The path that set a data time: from the dataset that was asked about to whoever said it first. */
import { formatInstant } from '../instant.ts';
import {
  type Contribution,
  type ContributionValue,
  type DataWrite,
  type Moment,
  NOTHING,
  seenBy,
  shownOf,
} from './data-time.ts';
import type { DataTimeRows } from './data-time-propagation.ts';
import type { Reach } from './evaluate-freshness.ts';

export interface DataTimeReason {
  readonly dataset: string;
  /** ms; null: unknown. */
  readonly at: number | null;
  /** One sentence. */
  readonly because: string;
}

export interface DataTimeAnswer {
  readonly reach: Reach;
  /** When it came to reach so far, event time, ms; null: unknown. */
  readonly reachedAt: number | null;
  /** From the dataset itself upwards. Never empty. */
  readonly path: readonly DataTimeReason[];
}

type ReadRows = Pick<DataTimeRows, 'contribution' | 'value' | 'stepUpTo'>;

/** Longer ones end with a sentence that says so. Paths are as long as the lineage is deep, so few are. */
const LONGEST = 100;

/**
 * ```
 * mart  08:00  the least of what the run of build-mart that began at 09:30 had read: stg
 * stg   08:00  the least of what the run of load-stg that began at 08:10 had read: raw
 * raw   08:00  its watermark, told at 08:00
 * ```
 * @param name of a dataset, for people
 */
export function whyDataTime(
  rows: ReadRows,
  dataset: string,
  name: (dataset: string) => string,
  moment: Moment = Number.MAX_SAFE_INTEGER,
): DataTimeAnswer {
  const path: DataTimeReason[] = [];
  let reachedAt: number | null = null;
  let next: { readonly dataset: string; readonly moment: Moment } | null = { dataset, moment };
  while (next !== null) {
    const at: { readonly dataset: string; readonly moment: Moment } = next;
    const shown = shownOf(rows.stepUpTo(at.dataset, at.moment) ?? NOTHING);
    const by = shown.by === null ? null : rows.contribution(shown.by);
    if (path.length === 0) reachedAt = by?.at ?? null;
    if (path.length === LONGEST) {
      path.push({ dataset: at.dataset, at: shown.at, because: `the path goes on: only ${LONGEST} steps are shown` });
      break;
    }
    const value = by === null ? null : rows.value(by.key);
    path.push({ dataset: at.dataset, at: shown.at, because: by === null ? UNTOLD : sentence(by, value, name) });
    const via = by?.kind === 'write' && value !== null && value.kind !== 'none' ? value.via : null;
    next = via === null || by?.kind !== 'write' ? null : { dataset: via, moment: seenBy(by) };
  }
  const [first] = path;
  if (first !== undefined && first.at !== null) return { reach: { at: first.at }, reachedAt, path };
  return { reach: { at: null, reason: whyUnknown(path, name) }, reachedAt: null, path };
}

const UNTOLD = 'nothing tells how far it reaches: it has no watermark, and no run is known to have written it by then';

function sentence(by: Contribution, value: ContributionValue | null, name: (dataset: string) => string): string {
  if (by.kind === 'told') return `${by.because}, told at ${formatInstant(by.at)}`;
  const run = `the run of ${by.job} that began at ${formatInstant(by.start)}`;
  if (value === null || value.kind === 'none') return `${run} wrote it`;
  if (value.kind === 'open') return `its input ${name(value.via ?? '')} was not known to ${run}`;
  if (by.watermark !== null) return `${run} told it with what it wrote`;
  if (value.kind === 'bare')
    return value.capped ? cappedAt(by, run) : `it has no watermark: ${run} wrote it and names no inputs`;
  if (value.capped) return cappedAt(by, run);
  return `the least of what ${run} had read: ${name(value.via ?? '')}`;
}

const cappedAt = ({ cap }: DataWrite, run: string): string =>
  `${run} was for the time up to ${formatInstant(cap ?? 0)}: it makes nothing fresher than that`;

/** "orders is not known: no watermark …": the end of the path is what has to be mended. */
function whyUnknown(path: readonly DataTimeReason[], name: (dataset: string) => string): string {
  const last = path.at(-1);
  if (last === undefined) return UNTOLD;
  if (path.length === 1) return `Nobody can tell how far it reaches: ${last.because}.`;
  return `Its input ${name(path[1]?.dataset ?? '')} is not known${path.length > 2 ? `, for ${name(last.dataset)} isn't` : ''}: ${last.because}.`;
}
