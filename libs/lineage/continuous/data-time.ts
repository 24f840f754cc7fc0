import type { FlowLimits } from './flow-limits.ts';
import type { FlowRow } from './flow-row.ts';
import { pacesNow } from './flow-view.ts';
import { partitionsNow } from './partition-progress.ts';
import { sayNumber } from './say.ts';
import { rhythmOf } from './usual-interval.ts';

/** How far a job's output reaches in source time (ms), and by what; or why that isn't known. */
export type DataTime =
  | { readonly at: number; readonly by: 'WATERMARK' | 'POSITION' }
  | { readonly at: null; readonly reason: string };

/**
 * The data time of what a continuous job writes: its event-time watermark as it last said it (of several
 * runs at once, the least), else the least over its
 * partitions of their own watermark or of the time at which the input ended where the job is now. One partition that
 * can't be told makes the whole unknown: its records may be the oldest.
 */
export function dataTimeOf(row: FlowRow, limits: FlowLimits): DataTime {
  const rhythm = rhythmOf(row, limits);
  const said = pacesNow(row, rhythm, row.beats.at(-1)?.[0] ?? row.heard).flatMap(([, , watermark]) => watermark ?? []);
  if (said.length > 0) return { at: Math.min(...said), by: 'WATERMARK' };
  const partitions = partitionsNow(row, rhythm, limits);
  if (partitions.length === 0) return { at: null, reason: 'It said nothing of its progress.' };
  let least = Number.POSITIVE_INFINITY;
  let by: 'WATERMARK' | 'POSITION' = 'WATERMARK';
  for (const { row: of, at, watermark, behind, position } of partitions) {
    const reach = watermark ?? (behind?.exact === true ? at - behind.ms : null);
    if (reach === null) {
      const where = position === null ? 'has no position' : `is at ${sayNumber(position)}`;
      return { at: null, reason: `${of.name}/${of.partition} ${where}, and when its input was there is not known.` };
    }
    if (reach < least) {
      least = reach;
      by = watermark === null ? 'POSITION' : 'WATERMARK';
    }
  }
  return { at: least, by };
}
