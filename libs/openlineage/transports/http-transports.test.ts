import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jobEvent, runEvent } from '../event-builders.ts';
import type { EventType, OpenLineageEvent, RunEvent } from '../events.ts';
import { newRunId } from '../run-id.ts';
import { AsyncHttpTransport, type AsyncHttpTransportOptions, type EmitFailure } from './async-http-transport.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import type { EmitResult, Transport } from './transport.ts';

interface Received {
  at: number;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  event: OpenLineageEvent;
}
type Answer = (received: Received, response: ServerResponse, nth: number) => void | Promise<void>;

const producer = 'urn:test';
const job = { namespace: 'n', name: 'j' };
const event = (eventType: EventType = 'START', runId = newRunId()): RunEvent =>
  runEvent({ producer, eventType, run: { runId }, job });
const status =
  (...codes: number[]): Answer =>
  (_, response, nth) =>
    void response.writeHead(codes[Math.min(nth, codes.length - 1)] ?? 201).end();

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
  vi.restoreAllMocks();
});

/** A server that answers as told and remembers what came. */
async function serve(answer: Answer): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const one = {
      at: Date.now(),
      path: request.url ?? '',
      headers: request.headers,
      body,
      event: JSON.parse(text.toString('utf8')) as OpenLineageEvent,
    };
    await answer(one, response, received.push(one) - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server };
}

function http(options: HttpTransportOptions): HttpTransport {
  return closing(new HttpTransport(options));
}
function asyncHttp(options: AsyncHttpTransportOptions): AsyncHttpTransport {
  return closing(new AsyncHttpTransport(options));
}
function closing<T extends Transport>(transport: T): T {
  opened.push(() => transport.close({ timeoutMs: 0 }));
  return transport;
}
function failed(result: EmitResult) {
  if (result.ok) throw new Error('delivered');
  return result;
}

describe('HttpTransport', () => {
  it('posts the event to api/v1/lineage with the key and headers given, and gives the answer back', async () => {
    const { url, received } = await serve((_, response) => {
      response.writeHead(201, { 'headwater-position': '17' }).end();
    });
    const sent = event();
    const result = await http({ url, apiKey: 'secret', headers: { 'X-Team': 'a' } }).emit(sent);
    expect(result).toMatchObject({ ok: true, attempts: 1, response: { status: 201 } });
    expect(result.ok && result.response?.headers['headwater-position']).toBe('17');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: '/api/v1/lineage',
      event: sent,
      headers: { 'content-type': 'application/json', authorization: 'Bearer secret', 'x-team': 'a' },
    });
  });

  it('keeps a path in the url and joins the endpoint to it', async () => {
    const { url, received } = await serve(status(201));
    await http({ url: `${url}/base/`, endpoint: '/lineage', urlParams: { tenant: 'a b' } }).emit(event());
    expect(received[0]?.path).toBe('/base/lineage?tenant=a+b');
  });

  it('compresses with gzip, and the text survives', async () => {
    const { url, received } = await serve(status(201));
    const sent = { ...event(), job: { namespace: 'n', name: `ünïcode 🦉 ${'x'.repeat(10_000)}` } };
    await http({ url, compression: 'gzip' }).emit(sent);
    expect(received[0]?.headers['content-encoding']).toBe('gzip');
    expect(received[0]?.body.length).toBeLessThan(1_000);
    expect(received[0]?.headers['content-length']).toBe(String(received[0]?.body.length));
    expect(received[0]?.event).toEqual(sent);
  });

  it('reads the event before emit returns', async () => {
    const { url, received } = await serve(status(201));
    const sent = event();
    const result = http({ url }).emit(sent);
    sent.job = { namespace: 'n', name: 'altered' };
    await result;
    expect(received[0]?.event).toMatchObject({ job: { name: 'j' } });
  });

  it.each([429, 500, 502, 503, 504])('retries on %i, waiting longer each time', async (code) => {
    const { url, received } = await serve(status(code, code, code, 201));
    const result = await http({ url, retry: { backoffMs: 20 } }).emit(event());
    expect(result).toMatchObject({ ok: true, attempts: 4 });
    const waits = received.slice(1).map((one, i) => one.at - (received[i]?.at ?? 0));
    for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(20 * 2 ** i - 2);
    expect(new Set(received.map((one) => one.body.toString())).size).toBe(1);
  });

  it('waits .3 s before the first retry by default, and gives up after 5', async () => {
    const { url, received } = await serve(status(503, 201));
    await http({ url }).emit(event());
    expect((received[1]?.at ?? 0) - (received[0]?.at ?? 0)).toBeGreaterThanOrEqual(298);

    const down = await serve((_, response) => void response.writeHead(500).end('out of order'));
    const result = failed(await http({ url: down.url, retry: { backoffMs: 1 } }).emit(event()));
    expect(down.received).toHaveLength(6);
    expect(result).toMatchObject({ attempts: 6, error: { reason: 'unavailable', status: 500, body: 'out of order' } });
    expect(result.error.message).toBe(`http ${down.url}/api/v1/lineage: 500, 6 attempts: out of order`);
  });

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2_000).toUTCString()],
  ])('obeys Retry-After in %s, for the events that come meanwhile too', async (_, retryAfter) => {
    const { url, received } = await serve((_one, response, nth) => {
      response.writeHead(nth === 0 ? 429 : 201, nth === 0 ? { 'retry-after': retryAfter() } : {}).end();
    });
    const transport = http({ url, retry: { backoffMs: 1 } });
    const first = transport.emit(event());
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = transport.emit(event());
    expect((await Promise.all([first, second])).map((result) => result.ok)).toEqual([true, true]);
    for (const later of received.slice(1)) expect(later.at - (received[0]?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });

  it('fails at once when Retry-After is beyond its patience, and says how long', async () => {
    const { url, received } = await serve(
      (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
    );
    const { error } = failed(await http({ url }).emit(event()));
    expect(error).toMatchObject({ reason: 'unavailable', status: 429, retryAfterMs: 3_600_000 });
    expect(received).toHaveLength(1);
  });

  it.each([400, 401, 404, 413, 422])('does not retry %i, and passes on what the server says', async (code) => {
    const { url, received } = await serve((_, response) => void response.writeHead(code).end('{"message":"why"}'));
    const { error, attempts } = failed(await http({ url, apiKey: 'secret' }).emit(event()));
    expect(error).toMatchObject({ reason: 'refused', status: code, body: '{"message":"why"}' });
    expect(error.message).not.toContain('secret');
    expect(attempts).toBe(1);
    expect(received).toHaveLength(1);
  });

  it('follows no redirect, so that the key goes nowhere else', async () => {
    const { url, received } = await serve((_, response) => void response.writeHead(307, { location: '/other' }).end());
    const { error } = failed(await http({ url, apiKey: 'secret' }).emit(event()));
    expect(error).toMatchObject({ reason: 'refused', status: 307 });
    expect(error.message).toContain('/other');
    expect(received).toHaveLength(1);
  });

  it('gives up an attempt after its timeout, and retries', async () => {
    const { url, received } = await serve((_, response, nth) => {
      if (nth === 1) response.writeHead(201).end();
    });
    const began = Date.now();
    const result = await http({ url, timeoutMs: 80, retry: { backoffMs: 1 } }).emit(event());
    expect(result).toMatchObject({ ok: true, attempts: 2 });
    // From before the first attempt: a busy machine may see that late.
    expect((received[1]?.at ?? 0) - began).toBeGreaterThanOrEqual(75);

    const never = await serve(() => undefined);
    const { error } = failed(
      await http({ url: never.url, timeoutMs: 30, retry: { retries: 1, backoffMs: 1 } }).emit(event()),
    );
    expect(error).toMatchObject({ reason: 'timeout' });
    expect(error.message).toContain('no answer in 30 ms, 2 attempts');
  });

  it('does not send an event again whose answer began: taken is taken', async () => {
    const { url, received } = await serve((_, response) => {
      response.writeHead(201, { 'content-length': '10' });
      response.write('half');
    });
    expect(await http({ url, timeoutMs: 50 }).emit(event())).toMatchObject({ ok: true, attempts: 1 });
    expect(received).toHaveLength(1);
  });

  it('retries a broken connection, and names the fault when it stays', async () => {
    const { url } = await serve((one, response, nth) => {
      if (nth === 0) response.socket?.destroy();
      else response.writeHead(one.path === '/api/v1/lineage' ? 201 : 500).end();
    });
    expect(await http({ url, retry: { backoffMs: 1 } }).emit(event())).toMatchObject({ ok: true, attempts: 2 });

    const gone = createTcpServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const closed = http({ url: `http://127.0.0.1:${port}`, retry: { retries: 1, backoffMs: 1 } });
    expect(failed(await closed.emit(event())).error).toMatchObject({ reason: 'network', code: 'ECONNREFUSED' });
  });

  it('says so when the event is no JSON', async () => {
    const { url, received } = await serve(status(201));
    const facets = { acme: { _producer: producer, _schemaURL: 'urn:a', count: 1n } };
    const { error } = failed(await http({ url }).emit({ ...event(), job: { ...job, facets } }));
    expect(error.reason).toBe('unserializable');
    expect(received).toHaveLength(0);
  });

  it('flush waits, and close waits and then takes nothing', async () => {
    const { url, received } = await serve((_, response) => void setTimeout(() => response.writeHead(201).end(), 60));
    const transport = http({ url });
    const first = transport.emit(event());
    expect(await transport.flush({ timeoutMs: 5 })).toBe(false);
    expect(await transport.flush()).toBe(true);
    const second = transport.emit(event());
    expect(await transport.close()).toBe(true);
    expect((await Promise.all([first, second])).every((result) => result.ok)).toBe(true);
    expect(failed(await transport.emit(event())).error.reason).toBe('closed');
    expect(received).toHaveLength(2);
  });

  it('close with a time limit ends what hangs, also in a pause between attempts', async () => {
    const never = await serve(() => undefined);
    const hanging = http({ url: never.url });
    const request = hanging.emit(event());
    expect(await hanging.close({ timeoutMs: 20 })).toBe(false);
    expect(failed(await request).error.reason).toBe('closed');

    const down = await serve(status(503));
    const pausing = http({ url: down.url, retry: { backoffMs: 60_000 } });
    const paused = pausing.emit(event());
    await vi.waitFor(() => expect(down.received).toHaveLength(1));
    expect(await pausing.close({ timeoutMs: 20 })).toBe(false);
    expect(failed(await paused).error.reason).toBe('closed');
  });

  it.each(['hub:4600', 'ftp://hub', 'not a url', 'http://user:pass@hub'])('refuses the url %s', (url) => {
    expect(() => new HttpTransport({ url })).toThrow(/OpenLineage url/);
  });

  it('refuses headers that HTTP has not, without telling the key', () => {
    expect(() => new HttpTransport({ url: 'http://hub', apiKey: 'sec\nret' })).toThrow(
      /OpenLineage headers.*authorization/,
    );
    expect(() => new HttpTransport({ url: 'http://hub', apiKey: 'sec\nret' })).not.toThrow(/sec/);
  });
});

describe('AsyncHttpTransport', () => {
  it('delivers each event of a run after the one before, however slow and faulty the server', async () => {
    const tries = new Map<string, number>();
    const order = new Map<string, string[]>();
    const { url } = await serve(async ({ event: got }, response) => {
      const { run, eventType = '' } = got as RunEvent;
      const nth = (tries.get(run.runId + eventType) ?? 0) + 1;
      tries.set(run.runId + eventType, nth);
      // START is the slow one, and fails once: a client without order would deliver COMPLETE first.
      await new Promise((resolve) => setTimeout(resolve, eventType === 'START' ? 15 : 0));
      if (eventType === 'START' && nth === 1) return void response.writeHead(503).end();
      order.set(run.runId, [...(order.get(run.runId) ?? []), eventType]);
      response.writeHead(201).end();
    });
    const transport = asyncHttp({ url, retry: { backoffMs: 1 }, maxConcurrentRequests: 8 });
    const runs = Array.from({ length: 40 }, () => newRunId());
    // Run by run, so that without order its COMPLETE would go out beside its START.
    const results = runs.flatMap((runId) =>
      (['START', 'RUNNING', 'COMPLETE'] as const).map((type) => transport.emit(event(type, runId))),
    );
    expect(await transport.flush()).toBe(true);
    expect((await Promise.all(results)).every((result) => result.ok)).toBe(true);
    expect([...order.values()]).toEqual(runs.map(() => ['START', 'RUNNING', 'COMPLETE']));
  });

  it('sends different runs side by side, up to its limit', async () => {
    let now = 0;
    let most = 0;
    const { url, received } = await serve(async (_, response) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
      response.writeHead(201).end();
    });
    const transport = asyncHttp({ url, maxConcurrentRequests: 4 });
    for (let i = 0; i < 30; i++) void transport.emit(event());
    expect(now).toBe(0);
    await transport.flush();
    expect(received).toHaveLength(30);
    expect(most).toBe(4);
  });

  it('keeps the order of one job, too', async () => {
    const { url, received } = await serve(async (_, response, nth) => {
      await new Promise((resolve) => setTimeout(resolve, nth === 0 ? 30 : 0));
      response.writeHead(201).end();
    });
    const transport = asyncHttp({ url });
    for (const eventTime of ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']) {
      void transport.emit(jobEvent({ producer, eventTime, job }));
    }
    await transport.flush();
    expect(received.map((one) => one.event.eventTime)).toEqual(['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']);
  });

  it('sends the COMPLETE of a START that was refused, and reports only the START', async () => {
    const { url, received } = await serve(status(422, 201));
    const failures: EmitFailure[] = [];
    const transport = asyncHttp({ url, onFailure: (failure) => failures.push(failure) });
    const [start, complete] = [event('START', 'r'), event('COMPLETE', 'r')];
    const results = await Promise.all([transport.emit(start), transport.emit(complete)]);
    expect(results.map((result) => result.ok)).toEqual([false, true]);
    expect(received).toHaveLength(2);
    expect(failures).toEqual([{ event: start, error: expect.objectContaining({ reason: 'refused', status: 422 }) }]);
  });

  it('takes 10,000 events and no more by default, and loses none', async () => {
    let answering = false;
    const waiting: ServerResponse[] = [];
    const { url, received } = await serve((_, response) => {
      if (answering) response.writeHead(201).end();
      else waiting.push(response);
    });
    const failures: EmitFailure[] = [];
    const transport = asyncHttp({ url, timeoutMs: 60_000, onFailure: (failure) => failures.push(failure) });
    const results = Array.from({ length: 10_003 }, () => transport.emit(event()));
    for (const over of await Promise.all(results.slice(10_000))) {
      expect(failed(over)).toMatchObject({ attempts: 0, error: { reason: 'queue-full', capacity: 10_000 } });
    }
    expect(failures.map(({ error }) => error.reason)).toEqual(['queue-full', 'queue-full', 'queue-full']);
    await vi.waitFor(() => expect(waiting).toHaveLength(10));
    answering = true;
    for (const response of waiting) response.writeHead(201).end();
    expect(await transport.flush()).toBe(true);
    expect((await Promise.all(results.slice(0, 10_000))).every((result) => result.ok)).toBe(true);
    expect(new Set(received.map((one) => (one.event as RunEvent).run.runId)).size).toBe(10_000);
    expect(failures).toHaveLength(3);
    // There is room again.
    expect(await transport.emit(event())).toMatchObject({ ok: true });
  });

  it('close delivers what it holds; with a time limit it reports each event that it drops', async () => {
    const slow = await serve((_, response) => void setTimeout(() => response.writeHead(201).end(), 20));
    const patient = asyncHttp({ url: slow.url, maxConcurrentRequests: 2 });
    const results = Array.from({ length: 6 }, () => patient.emit(event()));
    expect(await patient.close()).toBe(true);
    expect((await Promise.all(results)).every((result) => result.ok)).toBe(true);

    const never = await serve(() => undefined);
    const failures: EmitFailure[] = [];
    const hasty = asyncHttp({ url: never.url, maxConcurrentRequests: 2, onFailure: (f) => failures.push(f) });
    const events = Array.from({ length: 6 }, () => event());
    const dropped = events.map((one) => hasty.emit(one));
    expect(await hasty.close({ timeoutMs: 30 })).toBe(false);
    expect((await Promise.all(dropped)).map((result) => failed(result).error.reason)).toEqual(
      events.map(() => 'closed'),
    );
    expect(new Set(failures.map((failure) => failure.event))).toEqual(new Set(events));
    expect(failures).toHaveLength(6);
    expect(failed(await hasty.emit(event())).error.reason).toBe('closed');
    expect(await hasty.close()).toBe(true);
  });

  it('warns of failures that nobody listens to, and of a listener that throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { url } = await serve(status(422));
    await asyncHttp({ url }).emit(event('START', 'run-a'));
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^run run-a, .*: 422/), 'OpenLineageWarning');
    warned.mockClear();
    const throwing = () => {
      throw new Error('faulty listener');
    };
    await asyncHttp({ url, onFailure: throwing }).emit(event());
    expect(warned.mock.calls.map(([message]) => String(message)).join()).toMatch(/422.*faulty listener/);
  });

  it('leaves no exit listener behind, and has one while it holds events', async () => {
    const before = process.listenerCount('exit');
    const { url } = await serve(status(201));
    const transport = asyncHttp({ url });
    void transport.emit(event());
    void transport.emit(event());
    expect(process.listenerCount('exit')).toBe(before + 1);
    await transport.flush();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
