/** What was true on one machine alone, or should be known to none, has no place in a file that everybody reads. */
import { describe, expect, it } from 'vitest';
import { FILES, read } from './repository.ts';

const NOT_HERE: Readonly<Record<string, RegExp>> = {
  'a path of somebody’s machine':
    /(?<![\w.~/:-])\/(?:home|Users|root|work|workspace|mnt)\/(?![\s'"`)\]},;*])|\b[A-Z]:\\Users\\/,
  'a word of the place where it was made': /\bfarm[-]\w|\bsteer(?:ing)\b/i,
  'a private key': /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  'a token': /\b(?:ghp_|github_pat_|npm_|xox[bp]-|AKIA)[A-Za-z0-9_-]{16,}/,
};

/** Tests of what cuts secrets out must hold some that look like them. */
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  'a private key': ['libs/lineage/redact.test.ts'],
  'a token': ['libs/lineage/redact.test.ts'],
};

const TEXT = FILES.filter(
  (path) => !/\.(png|jpe?g|gif|ico|woff2?|gz|db|jar)$/.test(path) && path !== 'package-lock.json',
);

describe('no file holds', () => {
  it.each(Object.entries(NOT_HERE))('%s', (what, pattern) => {
    const found = TEXT.filter((path) => !(EXCEPT[what] ?? []).includes(path)).flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, n) => (pattern.test(line) ? [`${path}:${n + 1} ${line.trim().slice(0, 120)}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

describe('the patterns see', () => {
  // In two pieces, or this file would not pass.
  it.each([
    { what: 'a path of somebody’s machine', pieces: ['/ho', 'me/jo/project'] },
    { what: 'a path of somebody’s machine', pieces: ['/Us', 'ers/jo/project'] },
    { what: 'a word of the place where it was made', pieces: ['fa', 'rm-7'] },
    { what: 'a private key', pieces: ['-----BEGIN RSA PRIV', 'ATE KEY-----'] },
    { what: 'a token', pieces: ['ghp', '_abcdefghijklmnopqrst'] },
  ])('$what', ({ what, pieces }) => {
    expect(NOT_HERE[what]?.test(pieces.join(''))).toBe(true);
  });
});
