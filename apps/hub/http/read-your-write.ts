import type { FastifyRequest } from 'fastify';
import type { Pipeline } from '#pipeline';
import { HttpError } from './http-error.ts';

export const WAIT_AT_MOST_MS = 30_000;

/**
 * `Headwater-After: POSITION` on any read: waits until that position and all before it are applied, so that a client
 * reads what it has written. Null: go on. Otherwise 400 for what is no position, or 504 with what is applied.
 */
export async function waitForPosition(
  request: FastifyRequest,
  pipeline: Pipeline,
  atMostMs: number = WAIT_AT_MOST_MS,
): Promise<HttpError | null> {
  const header = request.headers['headwater-after'];
  if (header === undefined) return null;
  const text = Array.isArray(header) ? header.join() : header;
  const position = /^\d{1,15}$/.test(text) ? Number(text) : null;
  if (position === null) {
    return new HttpError(
      400,
      `Headwater-After "${text.slice(0, 100)}" is no position. Send the value of a Headwater-Position header as it came.`,
    );
  }
  const { reached, applied } = await pipeline.waitFor(position, atMostMs);
  if (reached) return null;
  const { head, state, reason } = pipeline.status();
  const why =
    position > head
      ? `the hub has given out no position beyond ${head}`
      : `the hub has applied up to ${applied} and is ${state}${reason === null ? '' : ` (${reason})`}`;
  return new HttpError(
    504,
    `Position ${position} is not applied: ${why}. Ask again, or without Headwater-After for what is there.`,
    {
      headers: { 'headwater-applied': String(applied) },
    },
  );
}
