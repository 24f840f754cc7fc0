import { describe, expect, it } from 'vitest';
import {
  codeLocation,
  datasetType,
  description,
  fieldDescriptions,
  integration,
  jobType,
  owners,
  sql,
  tags,
  tagsOf,
} from './facet-meaning.ts';
import type { Facet } from './read-model.ts';

const facet = (name: string, value: unknown, over: Partial<Facet> = {}): Facet => ({
  scope: 'dataset',
  name,
  source: 'a',
  producer: 'https://a',
  schemaURL: null,
  at: 1,
  value,
  ...over,
});

describe('facet meaning', () => {
  it('takes the latest description, whatever the order of the facets', () => {
    const said = [
      facet('documentation', { description: 'old' }, { at: 1, source: 'z' }),
      facet('documentation', { description: 'new' }, { at: 2, source: 'a' }),
    ];
    expect(description(said)).toBe('new');
    expect(description(said.toReversed())).toBe('new');
  });

  it('lets a later facet that says nothing keep the earlier word', () => {
    expect(
      description([
        facet('documentation', { description: 'told' }),
        facet('documentation', { description: '' }, { at: 2, source: 'b' }),
        facet('documentation', null, { at: 3, source: 'c' }),
      ]),
    ).toBe('told');
  });

  it('decides ties by source, not by order', () => {
    const said = [
      facet('documentation', { description: 'x' }),
      facet('documentation', { description: 'y' }, { source: 'b' }),
    ];
    expect(description(said)).toBe('y');
    expect(description(said.toReversed())).toBe('y');
  });

  it('joins the owners of all sources and names each once', () => {
    expect(
      owners([
        facet('ownership', { owners: [{ name: 'team:data', type: 'OWNER' }, { name: 'ann' }] }),
        facet('ownership', { owners: [{ name: 'team:data', type: 'OWNER' }, { type: 'nobody' }, 7] }, { source: 'b' }),
      ]),
    ).toEqual([
      { name: 'ann', type: null },
      { name: 'team:data', type: 'OWNER' },
    ]);
  });

  it('reads tags with the field they are on and who put them there', () => {
    const said = [
      facet('tags', {
        tags: [
          { key: 'pii', value: 'true', field: 'email' },
          { key: 'tier', value: 1, source: 'DBT' },
        ],
      }),
      facet('tags', { tags: [{ key: 'tier', value: '1', source: 'DBT' }, 'odd'] }, { source: 'b' }),
    ];
    expect(tags(said)).toEqual([
      { key: 'pii', value: 'true', source: 'a', field: 'email' },
      { key: 'tier', value: '1', source: 'DBT', field: null },
    ]);
    expect(tagsOf(said, 'email').map((tag) => tag.key)).toEqual(['pii']);
    expect(tagsOf(said, null).map((tag) => tag.key)).toEqual(['tier']);
  });

  it('takes the dataset type from its facet, else from the store, else from a catalog', () => {
    const table = facet('symlinks', {
      identifiers: [{ namespace: 'n', name: 'x', type: 'LOCATION' }, { type: 'TABLE' }],
    });
    expect(datasetType('s3://b', [facet('datasetType', { datasetType: 'view' }), table])).toBe('VIEW');
    expect(datasetType('kafka://b:9092', [])).toBe('TOPIC');
    expect(datasetType('s3://b', [table])).toBe('TABLE');
    expect(datasetType('s3://b', [])).toBeNull();
  });

  it('reads job type and integration', () => {
    const said = [facet('jobType', { jobType: 'TASK', integration: 'AIRFLOW', processingType: 'BATCH' })];
    expect([jobType(said), integration(said)]).toEqual(['TASK', 'AIRFLOW']);
    expect([jobType([]), integration([])]).toEqual([null, null]);
  });

  it('prefers the SQL of the source that is asked about', () => {
    const said = [facet('sql', { query: 'a' }), facet('sql', { query: 'b' }, { source: 'b', at: 9 })];
    expect(sql(said)).toBe('b');
    expect(sql(said, 'a')).toBe('a');
    expect(sql(said, 'other')).toBe('b');
  });

  it('reads the code location, by parts where it has no url', () => {
    expect(codeLocation([facet('sourceCodeLocation', { type: 'git', url: 'https://x/y.py' })])).toBe('https://x/y.py');
    expect(codeLocation([facet('sourceCodeLocation', { repoUrl: 'git@x:y', path: 'a.py' })])).toBe('git@x:y a.py');
  });

  it('reads field descriptions, nested ones by dotted path, and lets no bare projection erase one', () => {
    const told = facet('schema', {
      fields: [
        { name: 'id', description: 'key' },
        { name: 'address', fields: [{ name: 'city', description: 'town' }] },
      ],
    });
    const projection = facet(
      'schema',
      { fields: [{ name: 'id' }, { name: 'address', description: 'where' }] },
      { at: 5, source: 'b' },
    );
    expect([...fieldDescriptions([told, projection])].sort()).toEqual([
      ['address', 'where'],
      ['address.city', 'town'],
      ['id', 'key'],
    ]);
  });
});
