/** Against a real HTTP receiver that verifies signatures as receivers do. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { type AllowList, parseAllowList } from './address-guard.ts';
import type { SendLimits } from './http-sender.ts';
import { WebhookSender } from './webhook-sender.ts';

const OLD = `whsec_${Buffer.from('the old key of thirty-two bytes!').toString('base64')}`;
const NEW = `whsec_${Buffer.from('the new key of thirty-two bytes!').toString('base64')}`;
const BODY = JSON.stringify({ type: 'freshness.failed', data: { why: 'späť' } });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Its address, and what it received. */
async function receiver(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
      received.push({ headers: Object.fromEntries(headers), body: Buffer.concat(pieces).toString('utf8') });
      answer(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

function allow(text: string): AllowList {
  const parsed = parseAllowList(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const LOCAL = allow('127.0.0.1/32');
const send = (url: string, more: { secrets?: readonly string[]; allowed?: AllowList; limits?: SendLimits } = {}) =>
  new WebhookSender(more.allowed ?? LOCAL, more.limits).send(
    { id: 'delivery:1', url, body: BODY, secrets: more.secrets ?? [NEW] },
    Date.now(),
  );

const status =
  (code: number, headers: Record<string, string> = {}, words = '') =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(code, headers).end(words);
  };

describe('a webhook', () => {
  it('is signed so that receivers can verify it, by the old secret and by the new', async () => {
    const { url, received } = await receiver(status(204));
    expect(await send(url, { secrets: [NEW, OLD] })).toEqual({ did: 'delivered', status: 204 });
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    for (const secret of [OLD, NEW]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(BODY));
    const stranger = new Webhook(Buffer.from('somebody else').toString('base64'));
    expect(() => stranger.verify(body, headers)).toThrow();
    expect(headers).toMatchObject({ 'webhook-id': 'delivery:1', 'content-type': 'application/json' });
  });

  it.each([
    [503, {}, { did: 'retry', status: 503, error: '503: busy', after: null }],
    [429, { 'retry-after': '7' }, { did: 'retry', status: 429, error: '429: busy', after: 7_000 }],
    [408, {}, { did: 'retry', status: 408, error: '408: busy', after: null }],
    [410, {}, { did: 'disabled', status: 410 }],
    [400, {}, { did: 'failed', status: 400, error: '400: busy' }],
    [
      302,
      { location: 'http://127.0.0.1:1/' },
      { did: 'failed', status: 302, error: '302: busy (redirects are not followed)' },
    ],
  ])('that is answered %d', async (code, headers, outcome) => {
    const { url, received } = await receiver(status(code, headers, 'busy'));
    expect(await send(url)).toEqual(outcome);
    expect(received).toHaveLength(1);
  });

  it('waits no longer than it may', async () => {
    const { url } = await receiver(() => undefined);
    const outcome = await send(url, { limits: { time: 100, answer: 100 } });
    expect(outcome).toEqual({ did: 'retry', status: null, error: 'no answer in time', after: null });
  });

  it('reads no more of an answer than it may', async () => {
    const { url } = await receiver((_, response) => {
      response.writeHead(500);
      const more = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(more));
    });
    const outcome = await send(url, { limits: { time: 5_000, answer: 50_000 } });
    expect(outcome).toMatchObject({ did: 'retry', status: 500 });
  });

  it.each([
    [200, {}, { did: 'delivered', status: 200 }],
    [410, {}, { did: 'disabled', status: 410 }],
    [503, { 'retry-after': '9' }, { did: 'retry', status: 503, after: 9_000 }],
  ])('that is answered %d, and then byte by byte without an end, is answered', async (code, headers, outcome) => {
    const { url } = await receiver((_, response) => {
      response.writeHead(code, headers);
      const more = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(more));
    });
    expect(await send(url, { limits: { time: 1_000, answer: 50_000 } })).toMatchObject(outcome);
  });

  it('is tried again when its answer begins byte by byte, and never comes to a status', async () => {
    const server = createTcpServer((socket) => {
      // The head goes on for ever.
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('error', () => undefined).on('close', () => clearInterval(more));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    expect(await send(url, { limits: { time: 300, answer: 100 } })).toMatchObject({ did: 'retry', status: null });
    server.close();
  });

  it('is tried again when nobody listens', async () => {
    const { url } = await receiver(status(204));
    servers.splice(0).forEach((server) => {
      server.close();
    });
    expect(await send(url)).toMatchObject({ did: 'retry', status: null });
  });

  it('is not sent where it may not go, by address or by name', async () => {
    const { url, received } = await receiver(status(204));
    expect(await send(url, { allowed: allow('') })).toMatchObject({ did: 'failed' });
    expect(await send(url, { secrets: [] })).toEqual({
      did: 'failed',
      status: null,
      error: 'there is no secret to sign with',
    });
    expect(await send('no url')).toEqual({ did: 'failed', status: null, error: '"no url" is no URL' });
    const byName = url.replace('http://127.0.0.1', 'https://localhost');
    expect(await send(byName, { allowed: allow('') })).toMatchObject({
      did: 'failed',
      error: expect.stringContaining('loopback'),
    });
    expect(received).toEqual([]);
  });
});
