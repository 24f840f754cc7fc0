/** A graph in few words, for named examples: minutes and single names, as in the drawings of the semantics page. */
import type { Delta } from '../../libs/lineage/delta.ts';
import type { ExportInterval, ExportLine } from '../../libs/lineage/export-line.ts';
import { START_OF_TIME } from './delta-builder.ts';
import { referenceGraph } from './export-lines.ts';

export function linesOf<K extends ExportLine['kind']>(
  deltas: readonly Delta[],
  kind: K,
): Extract<ExportLine, { kind: K }>[] {
  return referenceGraph(deltas).lines.filter((line): line is Extract<ExportLine, { kind: K }> => line.kind === kind);
}

const minutes = (instant: string): number => (Date.parse(instant) - START_OF_TIME) / 60_000;

/** `[0,50)`; `[40,∞)`; several separated by blanks. */
export const inMinutes = (intervals: readonly ExportInterval[]): string =>
  intervals.map(({ from, to }) => `[${minutes(from)},${to === null ? '∞' : minutes(to)})`).join(' ');

/** `dataset:db:a` → `a` */
export const short = (id: string): string => id.replace(/^(dataset|job|datasetField):(db|jobs):/, '').replace(':', '.');

/** `{ 'READS a j': '[0,50)' }`, ends in the direction in which data flows. */
export function edgesOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    linesOf(deltas, 'edge').map((line) => [
      `${line.edge} ${short(line.from)} ${short(line.to)}`,
      inMinutes(line.intervals),
    ]),
  );
}

export function columnEdgesOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    linesOf(deltas, 'columnEdge').map((line) => [`${short(line.from)} ${short(line.to)}`, inMinutes(line.intervals)]),
  );
}

/** `{ b: 'a L' }`: nodes, and the names that find them. */
export function nodesOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    linesOf(deltas, 'dataset').map((line) => [short(line.id), line.aliases.map(short).join(' ')]),
  );
}

export function deadOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    linesOf(deltas, 'dataset')
      .filter(({ dead }) => dead.length > 0)
      .map((line) => [short(line.id), inMinutes(line.dead)]),
  );
}

export function schemasOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    [...referenceGraph(deltas).schemas].map(([id, { fields, partial }]) => [
      short(id),
      `${fields.map(({ name, type }) => `${name} ${type}`).join(', ')}${partial ? ' (partial)' : ''}`,
    ]),
  );
}

/** `x s WRITER @10: id int` */
export function schemaVersionsOf(deltas: readonly Delta[]): string[] {
  return linesOf(deltas, 'schemaVersion').map(
    ({ dataset, source, role, at, fields }) =>
      `${short(dataset)} ${source} ${role} @${minutes(at)}: ${fields.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
  );
}

/** `[0,50) a → x | select 1 | main.py@1` */
export function jobVersionsOf(deltas: readonly Delta[]): string[] {
  const versions = [...linesOf(deltas, 'jobVersion')].sort((a, b) => minutes(a.from) - minutes(b.from));
  return versions.map(({ from, to, reads, writes, sql, codeLocation }) =>
    [
      `${inMinutes([{ from, to }])} ${reads.map(short).join(' ')} → ${writes.map(short).join(' ')}`,
      ...(sql === null ? [] : [sql]),
      ...(codeLocation === null ? [] : [codeLocation]),
    ].join(' | '),
  );
}

/** `{ r1: 'COMPLETED [0,10]' }` by run id; `|job` is added where the job is not `j`. */
export function runsOf(deltas: readonly Delta[]): Record<string, string> {
  return Object.fromEntries(
    linesOf(deltas, 'run').map(({ job, runId, state, startedAt, endedAt }) => [
      short(job) === 'j' ? runId : `${runId}|${short(job)}`,
      `${state} [${minutes(startedAt)},${endedAt === null ? '' : minutes(endedAt)}]`,
    ]),
  );
}
