export interface Took {
  readonly ms: number;
  /** Of all threads of this process, garbage collection included. */
  readonly cpuMs: number;
}

/** Wall and CPU time: on a machine that does other things too, the second is the one to compare. */
export function startStopwatch(): () => Took {
  const began = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  };
}

/** Comparable between processes, unlike `performance.now()`. */
export const epochMs = (): number => performance.timeOrigin + performance.now();
