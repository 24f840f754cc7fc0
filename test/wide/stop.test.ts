/** What a hub still does when it is told to stop, and what it has kept when it is back. */
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { startTestHub, type TestHub } from '../harness.ts';

it('keeps what it has accepted over a restart, and over a kill', async () => {
  const first = await startTestHub();
  const position = await first.send(runEvent('kept'));
  await first.stop();
  const second = await startTestHub({ data: first.data });
  const event = runEvent('kept-too');
  await second.send(event);
  second.signal('SIGKILL');
  await second.ended;
  const third = await startTestHub({ data: first.data });
  for (const each of [runEvent('kept'), event]) {
    const answer = await third.ask({
      method: 'POST',
      path: '/api/v1/lineage',
      body: JSON.stringify(each),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.headers['headwater-repeat']).toBe('true');
  }
  expect(Number(await third.send(runEvent('later')))).toBeGreaterThan(Number(position));
  await third.stop();
});

describe('a stop', () => {
  /** A POST whose body comes in two halves. */
  function halfSent(hub: TestHub, body: string): { finish(): Promise<{ status: number; position: string }> } {
    const request = httpRequest(new URL('/api/v1/lineage', hub.address), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    const answer = new Promise<{ status: number; position: string }>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, position: String(response.headers['headwater-position']) });
      });
    });
    // Heard of when it is asked for, and no unhandled rejection before.
    answer.catch(() => undefined);
    request.write(body.slice(0, 20));
    return {
      finish() {
        request.end(body.slice(20));
        return answer;
      },
    };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s lets a request that is under way end, and its event is kept',
    async (signal) => {
      const hub = await startTestHub();
      const event = runEvent('under-way');
      const request = halfSent(hub, JSON.stringify(event));
      await sleep(200);
      hub.signal(signal);
      await sleep(200);
      // No new connection is taken meanwhile.
      await expect(hub.ask({ path: '/health/live' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect((await request.finish()).status).toBe(201);
      expect(await hub.ended).toEqual({ code: 0, signal: null });
      const again = await startTestHub({ data: hub.data });
      const answer = await again.ask({
        method: 'POST',
        path: '/api/v1/lineage',
        body: JSON.stringify(event),
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.headers['headwater-repeat']).toBe('true');
      await again.stop();
    },
  );

  it('does not wait for ever for a client that sends nothing more', async () => {
    const hub = await startTestHub({ args: ['--stop-within', '1s'] });
    const request = halfSent(hub, JSON.stringify(runEvent('never')));
    await sleep(200);
    const began = Date.now();
    hub.signal('SIGTERM');
    expect((await hub.ended).code).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    await expect(request.finish()).rejects.toThrow();
  });

  it('is at once on the second signal', async () => {
    const hub = await startTestHub({ args: ['--stop-within', '1h'] });
    const request = halfSent(hub, JSON.stringify(runEvent('never')));
    await sleep(200);
    hub.signal('SIGTERM');
    await sleep(200);
    hub.signal('SIGTERM');
    expect(await hub.ended).toEqual({ code: 143, signal: null });
    await expect(request.finish()).rejects.toThrow();
  });
});
