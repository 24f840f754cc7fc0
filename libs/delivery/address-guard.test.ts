import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { type AllowList, guardedLookup, judgeUrl, parseAllowList, RefusedAddress } from './address-guard.ts';

function allow(text: string): AllowList {
  const parsed = parseAllowList(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const NONE = allow('');
const judge = (url: string, allowed = NONE): string | null => {
  const verdict = judgeUrl(new URL(url), allowed);
  return verdict.ok ? null : verdict.reason;
};

describe('literals in a URL', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0x7f.1',
    '017700000001',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '198.18.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[ff02::1]',
    '127.0.0.1.',
    '１２７.0.0.1',
  ])('%s is refused', (host) => {
    expect(judge(`https://${host}/hook`)).toMatch(/not public/);
  });

  it.each(['8.8.8.8', '[2606:4700:4700::1111]', 'example.com', '1.1.1.1:8443'])('%s may be called', (host) => {
    expect(judge(`https://${host}/hook`)).toBeNull();
  });

  it.each([
    ['http://example.com/', 'example.com may be called by https only; allow it to be called without TLS'],
    ['ftp://example.com/', "ftp: can't be called; use https:"],
    ['file:///etc/passwd', "file: can't be called; use https:"],
    ['https://a:b@example.com/', 'the URL holds user or password'],
  ])('%s is refused', (url, reason) => {
    expect(judge(url)).toBe(reason);
  });
});

describe('what is allowed', () => {
  const allowed = allow('127.0.0.1/32, 10.0.0.0/8, hooks.internal, ::1');

  it.each([
    'http://127.0.0.1:9/',
    'http://2130706433/',
    'https://10.9.8.7/',
    'http://[::ffff:10.0.0.1]/',
    'http://HOOKS.internal/',
    'http://[::1]/',
  ])('%s may be called', (url) => {
    expect(judge(url, allowed)).toBeNull();
  });

  it.each(['http://127.0.0.2/', 'https://192.168.0.1/', 'http://other.internal/'])('%s may not', (url) => {
    expect(judge(url, allowed)).not.toBeNull();
  });

  it.each(['10.0.0.0/99', 'a b', 'http://x/'])('%s is told to be wrong', (text) => {
    expect(parseAllowList(text)).toContain('is no host, address or network');
  });
});

describe('the lookup', () => {
  const ask = (addresses: readonly string[], allowed = NONE, all = false): Promise<unknown> =>
    new Promise((resolve) => {
      const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const fake = ((_: string, __: object, done: (error: null, all: object) => void) =>
        done(null, answers)) as unknown as typeof lookup;
      guardedLookup(allowed, fake)('evil.example', { all }, (error, address) => resolve(error ?? address));
    });

  it('gives addresses that are public', async () => {
    expect(await ask(['8.8.8.8', '8.8.4.4'])).toBe('8.8.8.8');
    expect(await ask(['8.8.8.8'], NONE, true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  it('gives none where one is not: names are judged when they are called', async () => {
    for (const addresses of [['127.0.0.1'], ['8.8.8.8', '::1'], ['::ffff:169.254.169.254']]) {
      const answer = await ask(addresses);
      expect(answer).toBeInstanceOf(RefusedAddress);
    }
    expect(String(await ask(['10.0.0.1']))).toContain('evil.example is 10.0.0.1, which is private, not public');
    expect(await ask(['10.0.0.1'], allow('10.0.0.0/8'))).toBe('10.0.0.1');
  });
});
