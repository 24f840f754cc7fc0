import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('RFC 8785', () => {
  test('its example', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\u0022\u002f",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('keys by UTF-16 code units, not by code points or numbers', () => {
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      '\u00f6': 7,
      '10': 8,
      '9': 9,
    };
    const keys = Object.keys(JSON.parse(canonicalJson(value)) as object);
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"10":8,"9":9,"\u0080":6,"ö":7,"€":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
    expect(keys).toHaveLength(9);
  });

  test.each([
    [-0, '0'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [123456789012345680000, '123456789012345680000'],
    [5e-324, '5e-324'],
  ])('%d', (number, text) => {
    expect(canonicalJson(number)).toBe(text);
  });
});

describe('where RFC 8785 refuses', () => {
  test('lone surrogates become U+FFFD, pairs stay', () => {
    expect(canonicalJson(['\ud800', 'a\udc00b', '\ud83d\ude00'])).toBe('["\ufffd","a\ufffdb","\ud83d\ude00"]');
    expect(canonicalJson({ '\ud800': 1, '\udbff': 2, a: 3 })).toBe('{"a":3,"\ufffd":2}');
  });

  test('what JSON has no word for', () => {
    expect(
      canonicalJson({ a: undefined, b: () => 1, c: Number.POSITIVE_INFINITY, d: [undefined, Number.NaN], e: 12n }),
    ).toBe('{"c":null,"d":[null,null],"e":12}');
    expect(canonicalJson(undefined)).toBe('null');
  });
});

test('a key named __proto__ is one like any other', () => {
  const text = '{"__proto__":{"a":1},"b":{"constructor":2,"toString":3}}';
  expect(canonicalJson(JSON.parse(text))).toBe(text);
});

test('two hundred levels are no trouble', () => {
  const text = `${'['.repeat(200)}${']'.repeat(200)}`;
  expect(canonicalJson(JSON.parse(text))).toBe(text);
  const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;
  expect(canonicalJson(JSON.parse(deep))).toBe(deep);
});

/** Objects with their keys in another order, all the way down. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
};

test('the text is the value, whatever the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});
