import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault } from './json-fault.ts';

describe('jsonFault', () => {
  it.each([
    ['', 1, 1, 'expected a value, found the end'],
    ['{"a":1', 1, 7, "expected ',' or '}', found the end"],
    ['{"a":1,}', 1, 8, 'expected a key in double quotes'],
    ["{'a':1}", 1, 2, 'expected a key in double quotes'],
    ['{"a" 1}', 1, 6, "expected ':'"],
    ['[1 2]', 1, 4, "expected ',' or ']'"],
    ['[1,]', 1, 4, 'expected a value'],
    ['{"a":\n  nope}', 2, 3, 'expected a value'],
    ['{} {}', 1, 4, 'expected nothing more'],
    ['"abc', 1, 5, 'expected the end of a string, found the end'],
    ['"a\tb"', 1, 3, 'expected no bare control character in a string'],
    ['"a\\x"', 1, 3, 'expected a valid escape after a backslash'],
    ['[01]', 1, 3, "expected ',' or ']'"],
    ['[NaN]', 1, 2, 'expected a value'],
    ['[1.]', 1, 3, "expected ',' or ']'"],
  ])('%j', (text, line, column, problem) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonFault(text)).toEqual({ line, column, problem });
  });

  it('finds no fault before the end of what JSON.parse takes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonFault(`${text} x`)).toEqual(jsonFault(`${text} y`));
        expect(jsonFault(`${text} x`).problem).toBe('expected nothing more');
      }),
    );
  });

  it('is fast and keeps its stack on large and deep text', () => {
    const started = performance.now();
    jsonFault(`"${'a'.repeat(5_000_000)}`);
    jsonFault('['.repeat(2_000_000));
    jsonFault(`[${'1'.repeat(5_000_000)}`);
    jsonFault(`${' \n'.repeat(2_000_000)}x`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
