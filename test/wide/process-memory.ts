import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** From here on `peakMemory` counts anew. */
export function resetPeak(pid: number): void {
  // proc(5): 5 resets the peak of the resident set.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The most memory that the process had resident, in MiB. */
export function peakMemory(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return (Number(kib) * 1024) / MIB;
}
