import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha1 } from './sha1.ts';

// FIPS 180-4 and RFC 3174.
test.each([
  ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
  [
    '0123456701234567012345670123456701234567012345670123456701234567'.repeat(10),
    'dea356a2cddd90c7a7ecedc5ebb563934f460452',
  ],
])('%s', (text, hash) => {
  expect(sha1(text)).toBe(hash);
});

test('agrees with the platform', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(sha1(text)).toBe(createHash('sha1').update(text, 'utf8').digest('hex'));
    }),
  );
});
