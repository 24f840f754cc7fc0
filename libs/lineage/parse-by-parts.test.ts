import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByParts } from './parse-by-parts.ts';

const whole = (text: string): unknown => JSON.parse(text);

describe('parseByParts', () => {
  it('gives the facets of datasets and of the job as text', () => {
    const seen: string[] = [];
    const event = {
      eventTime: 't',
      inputs: [{ namespace: 'n', name: 'a', facets: { schema: { fields: [{ name: '}"' }] } } }],
      job: { name: 'j', facets: {} },
      outputs: [{ name: 'b', facets: null }, { name: 'c' }],
      run: { facets: { parent: {} } },
    };
    const part = (text: string): unknown => {
      seen.push(text);
      return { part: text };
    };
    expect(parseByParts(JSON.stringify(event), part)).toEqual({
      ...event,
      inputs: [{ namespace: 'n', name: 'a', facets: { part: '{"schema":{"fields":[{"name":"}\\""}]}}' } }],
      job: { name: 'j', facets: { part: '{}' } },
    });
    expect(seen).toEqual(['{"schema":{"fields":[{"name":"}\\""}]}}', '{}']);
  });

  it.each([
    ['a number in place of facets', '{"job":{"facets":0},"inputs":[{"facets":{}}]}'],
    ['an escaped key', '{"job":{"facets":{},"f\\u0061cets":0}}'],
    ['a list', '[{"job":{"facets":{}}}]'],
    ['what is no JSON', '{"job":{"facets":{}}'],
    ['what is no JSON behind it', '{"job":{"facets":{}}} x'],
  ])('leaves %s to others', (_, text) => expect(parseByParts(text, whole)).toBeUndefined());

  it.each([
    ['the last of two jobs', '{"job":{"facets":{"a":1}},"job":{"facets":{"b":1}}}'],
    ['the last of two facets', '{"job":{"facets":{"a":1},"facets":{"b":1}}}'],
    [
      'a key that is no name of a property',
      '{"__proto__":{"facets":{}},"job":{"__proto__":1,"facets":{"__proto__":1}}}',
    ],
    ['white space', ' {\n"inputs" : [ { "facets" : { "a" : [ ] } , "name" : "x" } , 5 , null ] }\t'],
    ['lists where an object should be', '{"job":[{"facets":{}}],"inputs":{"facets":{}}}'],
  ])('reads %s as JSON.parse does', (_, text) => expect(parseByParts(text, whole)).toStrictEqual(whole(text)));

  it('reads any text as JSON.parse does, or not at all', () => {
    const facets = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant({}), fc.dictionary(fc.string(), fc.jsonValue()));
    const holder = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.record({ name: fc.string(), facets }));
    const event = fc.record(
      {
        job: holder,
        dataset: holder,
        inputs: fc.array(holder),
        outputs: fc.oneof(fc.array(holder), holder),
        run: holder,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(event, fc.constantFrom(undefined, 1, '\t'), fc.nat(), fc.boolean(), (value, indent, at, isCut) => {
        const text = JSON.stringify(value, null, indent);
        const given = isCut ? text.slice(0, at % (text.length + 1)) : text;
        const read = parseByParts(given, whole);
        if (read !== undefined) expect(read).toStrictEqual(whole(given));
      }),
    );
  });
});
