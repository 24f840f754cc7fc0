import { describe, expect, it } from 'vitest';
import {
  codeLocationOf,
  datasetTypeOf,
  descriptionOf,
  fieldDescriptionsOf,
  integrationOf,
  jobTypeOf,
  ownersOf,
  sqlOf,
  tagsOf,
  tagsOn,
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
    expect(descriptionOf(said)).toBe('new');
    expect(descriptionOf(said.toReversed())).toBe('new');
  });

  it('lets a later facet that says nothing keep the earlier word', () => {
    expect(
      descriptionOf([
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
    expect(descriptionOf(said)).toBe('y');
    expect(descriptionOf(said.toReversed())).toBe('y');
  });

  it('joins the owners of all sources and names each once', () => {
    expect(
      ownersOf([
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
    expect(tagsOf(said)).toEqual([
      { key: 'pii', value: 'true', source: 'a', field: 'email' },
      { key: 'tier', value: '1', source: 'DBT', field: null },
    ]);
    expect(tagsOn(said, 'email').map((tag) => tag.key)).toEqual(['pii']);
    expect(tagsOn(said, null).map((tag) => tag.key)).toEqual(['tier']);
  });

  it('takes the dataset type from its facet, else from the store, else from a catalog', () => {
    const table = facet('symlinks', {
      identifiers: [{ namespace: 'n', name: 'x', type: 'LOCATION' }, { type: 'TABLE' }],
    });
    expect(datasetTypeOf('s3://b', [facet('datasetType', { datasetType: 'view' }), table])).toBe('VIEW');
    expect(datasetTypeOf('kafka://b:9092', [])).toBe('TOPIC');
    expect(datasetTypeOf('s3://b', [table])).toBe('TABLE');
    expect(datasetTypeOf('s3://b', [])).toBeNull();
  });

  it('reads job type and integration', () => {
    const said = [facet('jobType', { jobType: 'TASK', integration: 'AIRFLOW', processingType: 'BATCH' })];
    expect([jobTypeOf(said), integrationOf(said)]).toEqual(['TASK', 'AIRFLOW']);
    expect([jobTypeOf([]), integrationOf([])]).toEqual([null, null]);
  });

  it('prefers the SQL of the source that is asked about', () => {
    const said = [facet('sql', { query: 'a' }), facet('sql', { query: 'b' }, { source: 'b', at: 9 })];
    expect(sqlOf(said)).toBe('b');
    expect(sqlOf(said, 'a')).toBe('a');
    expect(sqlOf(said, 'other')).toBe('b');
  });

  it('reads the code location, by parts where it has no url', () => {
    expect(codeLocationOf([facet('sourceCodeLocation', { type: 'git', url: 'https://x/y.py' })])).toBe(
      'https://x/y.py',
    );
    expect(codeLocationOf([facet('sourceCodeLocation', { repoUrl: 'git@x:y', path: 'a.py' })])).toBe('git@x:y a.py');
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
    expect([...fieldDescriptionsOf([told, projection])].sort()).toEqual([
      ['address', 'where'],
      ['address.city', 'town'],
      ['id', 'key'],
    ]);
  });
});
