import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import { loadSchema } from '../../apps/hub/graphql/load-schema.ts';

const CORE = `${process.env.HEADWATER_CORPUS ?? '../shared'}/schema.graphql`;

/** The types and fields as text, so that what is missing is told by name. */
function members(sdl: string): Set<string> {
  const found = new Set<string>();
  for (const type of Object.values(buildSchema(sdl).getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    found.add(type.name);
    if ('getFields' in type) {
      for (const field of Object.values(type.getFields())) {
        found.add(`${type.name}.${field.name}: ${field.type}`);
        for (const arg of 'args' in field ? field.args : []) {
          const fallback = arg.defaultValue === undefined ? '' : ` = ${JSON.stringify(arg.defaultValue)}`;
          found.add(`${type.name}.${field.name}(${arg.name}: ${arg.type}${fallback})`);
        }
      }
    }
    if ('getValues' in type) for (const { name } of type.getValues()) found.add(`${type.name}.${name}`);
    if ('getInterfaces' in type)
      for (const { name } of type.getInterfaces()) found.add(`${type.name} implements ${name}`);
  }
  return found;
}

describe('the GraphQL schema against its core', () => {
  const core = readFileSync(CORE, 'utf8');

  it('has all of it: nothing renamed, dropped or retyped', () => {
    const ours = members(loadSchema());
    expect([...members(core)].filter((member) => !ours.has(member))).toEqual([]);
  });

  it('breaks no operation that the core allows', () => {
    expect(findBreakingChanges(buildSchema(core), buildSchema(loadSchema()))).toEqual([]);
  });
});
