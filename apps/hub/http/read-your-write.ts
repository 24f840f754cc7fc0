import type { FastifyRequest } from 'fastify';
import type { Pipeline } from '#pipeline';
import { HttpError } from './http-error.ts';

export const WAIT_AT_MOST_MS = 30_000;

/** A backlog of so few events is applied within milliseconds: a read that came after them may as well see them. */
const NEARLY_NOTHING = 16;
const COURTESY_MS = 250;

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
  if (header === undefined) {
    await courtesyWait(pipeline);
    return null;
  }
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

/**
 * Whoever sends one event and then asks, as Marquez's clients do (it answers a POST when all is done), finds it. Under
 * load nobody waits: then only Headwater-After promises anything.
 */
async function courtesyWait(pipeline: Pipeline): Promise<void> {
  const { backlog, head } = pipeline.status();
  if (backlog > 0 && backlog <= NEARLY_NOTHING) await pipeline.waitFor(head, COURTESY_MS);
}
