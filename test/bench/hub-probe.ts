import { readFileSync } from 'node:fs';
import type { TestHub } from '../harness.ts';
import { epochMs } from './stopwatch.ts';

const POLL_MS = 5;

export function portOf(hub: TestHub): number {
  return Number(new URL(hub.address).port);
}

/** Waits until everything up to `position` is in the graph. @returns when it was, milliseconds since the epoch */
export async function whenApplied(hub: TestHub, position: number): Promise<number> {
  for (;;) {
    const { json } = await hub.ask({ path: '/health/ready' });
    if (appliedIn(json) >= position) return epochMs();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function appliedIn(json: unknown): number {
  return typeof json === 'object' && json !== null && 'applied' in json ? Number(json.applied) : -1;
}

/** CPU of all threads since the start, ms. */
export async function cpuMsOf(hub: TestHub): Promise<number> {
  return (await metric(hub, 'process_cpu_seconds_total')) * 1000;
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
