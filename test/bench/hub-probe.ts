import { readFileSync } from 'node:fs';
import type { Neo4jDatabase } from '#graph';
import type { TestHub } from '../harness.ts';
import { epochMs } from './stopwatch.ts';

const POLL_MS = 5;

export function portOf(hub: TestHub): number {
  return Number(new URL(hub.address).port);
}

/**
 * Waits until everything up to `position` is in the graph.
 * @param pollMs each look takes the hub some of its time
 * @returns when it was, milliseconds since the epoch
 */
export async function whenApplied(hub: TestHub, position: number, pollMs: number = POLL_MS): Promise<number> {
  for (;;) {
    const { json } = await hub.ask({ path: '/health/ready' });
    if (appliedIn(json) >= position) return epochMs();
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function appliedIn(json: unknown): number {
  return typeof json === 'object' && json !== null && 'applied' in json ? Number(json.applied) : -1;
}

/** CPU of all threads since the start, ms. */
export async function cpuMsOf(hub: TestHub): Promise<number> {
  return (await metric(hub, 'process_cpu_seconds_total')) * 1000;
}

/** CPU of a process on this machine since its start, ms; in steps of 10. @throws where there is none of this number */
export function cpuMsOfProcess(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: the 14th and 15th of all fields, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Of a Neo4j on this machine. */
export async function pidOfNeo4j(database: Neo4jDatabase): Promise<number> {
  const [row] = await database.run(
    "CALL dbms.queryJmx('java.lang:type=Runtime') YIELD attributes RETURN attributes.Pid.value AS pid",
  );
  return Number(row?.['pid']);
}

export interface Memory {
  readonly resident: number;
  /** Its own, without pages of mapped files, which the kernel takes back when others need them; null: not told here. */
  readonly anonymous: number | null;
}

export async function memoryOf(hub: TestHub): Promise<Memory> {
  return { resident: await metric(hub, 'process_resident_memory_bytes'), anonymous: anonymousBytes(hub.pid) };
}

async function metric(hub: TestHub, name: string): Promise<number> {
  const { body } = await hub.ask({ path: '/metrics' });
  const value = new RegExp(`^${name} (.+)$`, 'm').exec(body)?.[1];
  if (value === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(value);
}

/** Of a process on this machine. @throws where there is none of this number and name: the server runs elsewhere */
export function residentBytes(pid: number, name: string): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== name)
    throw new Error(`process ${pid} of this machine is no ${name}: the bench measures servers that run beside it`);
  return Number(kilobytes) * 1024;
}

function anonymousBytes(pid: number): number | null {
  try {
    const kilobytes = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
