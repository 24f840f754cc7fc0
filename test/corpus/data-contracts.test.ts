/** The examples of the Open Data Contract Standard: valid by its own schema, and read for what can be checked. */
import { readdirSync, readFileSync } from 'node:fs';
import Ajv2019 from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkContract, type ObservedDataset, readContract } from '#lineage';

const ODCS = `${process.env.HEADWATER_CORPUS ?? '../shared'}/odcs`;
const EXAMPLES = readdirSync(`${ODCS}/examples`).filter((name) => name.endsWith('.yaml'));

const example = (name: string): unknown => parse(readFileSync(`${ODCS}/examples/${name}`, 'utf8'));

function contractOf(name: string) {
  const read = readContract(example(name));
  if ('faults' in read) throw new Error(`${name}: ${JSON.stringify(read.faults)}`);
  return read.contract;
}

const UNKNOWN: ObservedDataset = {
  schema: null,
  reach: { at: null, reason: 'nobody told' },
  writtenAt: null,
  rows: null,
};

describe('contracts of the standard', () => {
  const ajv = new Ajv2019.default({ strict: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(`${ODCS}/odcs-json-schema-v3.1.0.json`, 'utf8')));

  it.each(EXAMPLES)('%s is valid, is read, and blames nobody for what is not known', (name) => {
    expect(validate(example(name)) ? [] : validate.errors).toEqual([]);
    for (const object of contractOf(name).objects) expect(checkContract(object, UNKNOWN, 0).violations).toEqual([]);
  });

  it('finds the promises of the full example', () => {
    const [tbl] = contractOf('full-example.odcs.yaml').objects;
    expect(tbl).toMatchObject({
      physicalName: 'tbl_1',
      rowCounts: [{ operator: 'mustBeGreaterThan', value: 1_000_000 }],
      freshness: [{ policy: { maxAge: { fail: 4 * 86_400_000 } } }, {}, {}],
    });
    expect(tbl?.fields.length).toBeGreaterThan(2);
    expect(tbl?.frequency).toHaveLength(1);
  });

  it('holds a topic to its fields', () => {
    const [orders] = contractOf('kafka-schema.odcs.yaml').objects;
    if (orders === undefined) throw new Error('no object');
    const field = (name: string, type: string) => ({ name, type, description: null, fields: [] });
    const schema = { fields: [field('cust_id', 'string'), field('qty', 'bigint')], partial: false };
    expect(
      checkContract(orders, { ...UNKNOWN, schema }, 0).violations.map(({ kind, reason }) => `${kind} ${reason}`),
    ).toEqual(['FIELD_MISSING there is no field prod_id', 'FIELD_TYPE qty is bigint, which is wider than int']);
  });
});
