import { expect, it } from 'vitest';
import { SCALAR_SETTINGS } from '#hub';
import { optionName, SERVE_FLAGS } from './serve-flags.ts';

it('every setting of one value has a flag, but a password, which a process list would show', () => {
  expect(SERVE_FLAGS.map(({ path }) => path).sort()).toEqual(
    SCALAR_SETTINGS.filter((path) => path !== 'neo4j.password').sort(),
  );
});

it('the name of an option is the one that commander gives it', () => {
  expect(optionName('--limits-batch-body <size>')).toBe('limitsBatchBody');
  expect(optionName('--neo4j-uri <uri>')).toBe('neo4jUri');
});
