import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Change } from '#lineage';
import { changeStream } from './change-stream.ts';
import type { GraphqlDeps } from './graphql-deps.ts';
import { Session } from './session.ts';

const change = (sequence: number): Change => ({
  sequence,
  kind: 'node.added',
  subject: 'x',
  at: 0,
  seen: 0,
  text: '',
  breaking: null,
  corrected: false,
  before: null,
  after: null,
});

function streamOf(waitingChanges: number) {
  const listeners = new Set<(changes: readonly Change[]) => void>();
  const deps: Partial<GraphqlDeps> = {
    limits: { waitingChanges },
    onChanges: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const session = new Session(deps as GraphqlDeps, {} as Partial<FastifyRequest> as FastifyRequest, false);
  const stream = changeStream(
    session,
    ({ sequence }) => sequence % 2 === 1,
    ({ sequence }) => sequence,
  );
  const emit = (...sequences: number[]): void => {
    for (const listener of listeners) listener(sequences.map(change));
  };
  return { stream, emit, listeners };
}

describe('change stream', () => {
  it('gives in order what came before it was asked and what comes after', async () => {
    const { stream, emit } = streamOf(10);
    emit(1, 2, 3);
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([1, 3]);
    const waiting = stream.next();
    emit(4);
    emit(5, 7);
    expect(await waiting).toEqual({ done: false, value: 5 });
    expect(await stream.next()).toEqual({ done: false, value: 7 });
  });

  it('ends while it waits, and stops listening', async () => {
    const { stream, emit, listeners } = streamOf(10);
    const waiting = stream.next();
    await stream.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(listeners.size).toBe(0);
    emit(1);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('cuts off a subscriber that fell behind, after what it holds, and says where to go on', async () => {
    const { stream, emit, listeners } = streamOf(2);
    emit(1, 3);
    emit(4, 5);
    emit(7);
    expect(listeners.size).toBe(0);
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([1, 3]);
    await expect(stream.next()).rejects.toMatchObject({
      extensions: { code: 'FELL_BEHIND' },
      message: expect.stringContaining('changes(after: "3")'),
    });
  });
});
