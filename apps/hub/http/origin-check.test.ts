import { describe, expect, it } from 'vitest';
import { type OriginFacts, originProblem } from './origin-check.ts';

const OPEN = { keyed: false, host: '127.0.0.1', cors: ['https://catalog.example'] };
const KEYED = { ...OPEN, keyed: true, host: '0.0.0.0' };

function ask(facts: Partial<OriginFacts>, policy = OPEN): string | null {
  const host = 'host' in facts ? facts.host : 'localhost:4600';
  return originProblem(
    { method: 'GET', askedHost: host ?? '', origin: undefined, fetchSite: undefined, upgrade: false, ...facts, host },
    policy,
  );
}

describe('the Host header, without keys', () => {
  it.each([
    'localhost',
    'localhost:4600',
    'LOCALHOST:80',
    '127.0.0.1:4600',
    '[::1]:4600',
    '127.1.2.3',
    'hub.localhost:1',
    'localhost.:4600',
  ])('serves %s', (host) => {
    expect(ask({ host })).toBeNull();
  });

  it.each([
    'evil.example',
    'evil.example:4600',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1:4600',
    '0.0.0.0:4600',
    '',
    undefined,
    'localhost:4600@evil',
    '[::2]',
    'user@localhost',
  ])('refuses %s', (host) => {
    expect(ask({ host })).toMatch(/not a name of this hub/);
  });

  it('serves the host that it was told to listen on', () => {
    expect(ask({ host: 'hub.internal:4600' }, { ...OPEN, host: 'hub.internal' })).toBeNull();
  });

  it('is not asked for with keys: a page has none', () => {
    expect(ask({ host: 'evil.example' }, KEYED)).toBeNull();
  });
});

describe('the Origin header', () => {
  it.each([
    {},
    { origin: 'http://localhost:4600' },
    { origin: 'https://catalog.example' },
    { fetchSite: 'same-origin' },
    { fetchSite: 'none' },
  ])('lets a POST with %j pass', (facts) => {
    expect(ask({ method: 'POST', ...facts })).toBeNull();
  });

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:3000' },
    { origin: 'https://catalog.example.evil' },
    { fetchSite: 'cross-site' },
    { fetchSite: 'same-site' },
  ])('refuses a POST with %j, with keys too', (facts) => {
    expect(ask({ method: 'POST', ...facts })).toMatch(/may not call this hub/);
    expect(ask({ method: 'POST', ...facts }, KEYED)).toMatch(/may not call this hub/);
  });

  it('guards every method and the WebSocket, but no link from another site', () => {
    const origin = 'https://evil.example';
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) expect(ask({ method, origin })).not.toBeNull();
    expect(ask({ upgrade: true, origin })).not.toBeNull();
    expect(ask({ fetchSite: 'cross-site' })).toBeNull();
  });

  it('compares with the host that a trusted proxy was asked for', () => {
    expect(ask({ method: 'POST', askedHost: 'hub.example', origin: 'https://hub.example' }, KEYED)).toBeNull();
  });
});
