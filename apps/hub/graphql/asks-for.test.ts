import { type FragmentDefinitionNode, Kind, parse } from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import { asksFor } from './asks-for.ts';

function asks(query: string): boolean {
  const { definitions } = parse(query);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  const fieldNodes = definitions.flatMap((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    return definition.selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  });
  return asksFor(new Set(['evidence']), { fieldNodes, fragments });
}

describe('asksFor', () => {
  it.each([
    ['{ lineage { edges { id } } }', false],
    ['{ lineage { edges { why: evidence { source } } } }', true],
    ['{ lineage { evidence: edges { id } } }', false],
    ['{ lineage { edges { ... on LineageEdge { evidence { source } } } } }', true],
    [
      '{ lineage { ...E } } fragment E on Lineage { edges { ...F ...F } } fragment F on LineageEdge { evidence { source } }',
      true,
    ],
    ['{ lineage { ...E } } fragment E on Lineage { edges { ...F ...F } } fragment F on LineageEdge { id }', false],
  ])('%s', (query, expected) => {
    expect(asks(query)).toBe(expected);
  });
});
