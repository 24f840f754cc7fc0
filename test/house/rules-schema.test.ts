/** The JSON Schema that editors check rule files with is the one that the loader checks with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { ruleFileJsonSchema } from '#rules/language';
import { ROOT } from './repository.ts';

const PATH = join(ROOT, 'docs/rules.schema.json');

it('docs/rules.schema.json is made from what the loader checks with (UPDATE_DOCS=1 writes it)', () => {
  const text = `${JSON.stringify(ruleFileJsonSchema(), null, 2)}\n`;
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(PATH, text);
  expect(JSON.parse(readFileSync(PATH, 'utf8'))).toEqual(JSON.parse(text));
});

it('the schema takes a right file and refuses a wrong one', () => {
  const check = new Ajv({ strict: false }).compile(ruleFileJsonSchema());
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule language
  const rule = { name: 'r', on: ['run.failed', 'job.stalled'], then: [{ webhook: 'w' }], guard: { max: '6/1h' } };
  expect(check({ rules: [rule] })).toBe(true);
  expect(check({ rules: [{ ...rule, on: 'run.fialed' }] })).toBe(false);
  expect(check({ rules: [{ ...rule, gaurd: {} }] })).toBe(false);
});
