import { describe, expect, expectTypeOf, it } from 'vitest';
import { datasetEvent, jobEvent, runEvent } from './event-builders.ts';
import { isDatasetEvent, isJobEvent, isRunEvent, type OpenLineageEvent } from './events.ts';
import { deletedFacet, facet } from './facet.ts';
import type { ParentRunFacet } from './facets/run-facets.ts';
import { newRunId } from './run-id.ts';

const producer = 'https://github.com/acme/etl/tree/1.4.0';

describe('runEvent', () => {
  it('fills in schemaURL, and _producer and _schemaURL of every facet', () => {
    const runId = newRunId();
    expect(
      runEvent({
        producer,
        eventTime: new Date('2026-01-01T00:00:00Z'),
        eventType: 'START',
        run: { runId, facets: { nominalTime: { nominalStartTime: '2026-01-01T00:00:00Z' } } },
        job: { namespace: 'etl', name: 'orders', facets: { sql: { query: 'select 1' }, tags: { tags: [] } } },
        inputs: [
          {
            namespace: 'postgres://db:5432',
            name: 'shop.public.orders',
            facets: { tags: { tags: [{ key: 'tier', value: '1', field: 'id' }] } },
            inputFacets: { dataQualityMetrics: { columnMetrics: {} } },
          },
        ],
        outputs: [{ namespace: 's3://lake', name: 'orders', outputFacets: { outputStatistics: { rowCount: 3 } } }],
      }),
    ).toEqual({
      eventType: 'START',
      eventTime: '2026-01-01T00:00:00.000Z',
      producer,
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      run: {
        runId,
        facets: {
          nominalTime: {
            _producer: producer,
            _schemaURL: 'https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet',
            nominalStartTime: '2026-01-01T00:00:00Z',
          },
        },
      },
      job: {
        namespace: 'etl',
        name: 'orders',
        facets: {
          sql: {
            _producer: producer,
            _schemaURL: 'https://openlineage.io/spec/facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet',
            query: 'select 1',
          },
          tags: {
            _producer: producer,
            _schemaURL: 'https://openlineage.io/spec/facets/1-0-0/TagsJobFacet.json#/$defs/TagsJobFacet',
            tags: [],
          },
        },
      },
      inputs: [
        {
          namespace: 'postgres://db:5432',
          name: 'shop.public.orders',
          facets: {
            tags: {
              _producer: producer,
              _schemaURL: 'https://openlineage.io/spec/facets/1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet',
              tags: [{ key: 'tier', value: '1', field: 'id' }],
            },
          },
          inputFacets: {
            dataQualityMetrics: {
              _producer: producer,
              _schemaURL:
                'https://openlineage.io/spec/facets/1-0-3/DataQualityMetricsInputDatasetFacet.json#/$defs/DataQualityMetricsInputDatasetFacet',
              columnMetrics: {},
            },
          },
        },
      ],
      outputs: [
        {
          namespace: 's3://lake',
          name: 'orders',
          outputFacets: {
            outputStatistics: {
              _producer: producer,
              _schemaURL:
                'https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet',
              rowCount: 3,
            },
          },
        },
      ],
    });
  });

  it('adds nothing that was not given but the time', () => {
    const before = Date.now();
    const event = runEvent({ producer, run: { runId: newRunId() }, job: { namespace: 'n', name: 'j' } });
    expect(Object.keys(event).sort()).toEqual(['eventTime', 'job', 'producer', 'run', 'schemaURL']);
    expect(Date.parse(event.eventTime)).toBeGreaterThanOrEqual(before);
  });

  it('keeps _producer and _schemaURL that are given', () => {
    const { run } = runEvent({
      producer,
      run: {
        runId: newRunId(),
        facets: { parent: { _producer: 'urn:other', run: { runId: 'r' }, job: { namespace: 'n', name: 'p' } } },
      },
      job: { namespace: 'n', name: 'j' },
    });
    expect(run.facets?.parent?._producer).toBe('urn:other');
  });

  it('takes a facet it does not know with its _schemaURL, and names the known ones without', () => {
    const init = { producer, run: { runId: newRunId() } };
    const acme = { _schemaURL: 'https://acme.example/acme.json', team: 'a' };
    expect(runEvent({ ...init, job: { namespace: 'n', name: 'j', facets: { acme } } }).job.facets?.acme).toEqual({
      _producer: producer,
      ...acme,
    });
    expect(() => runEvent({ ...init, job: { namespace: 'n', name: 'j', facets: { sqll: { query: '' } } } })).toThrow(
      'job facet "sqll" is none of documentation, jobType',
    );
    expect(() => runEvent({ ...init, job: { namespace: 'n', name: 'j', facets: { toString: {} } } })).toThrow(
      TypeError,
    );
  });

  it('refuses at compile time what a facet does not have', () => {
    const job = { namespace: 'n', name: 'j' };
    // @ts-expect-error: `query` is missing
    runEvent({ producer, run: { runId: 'r' }, job: { ...job, facets: { sql: {} } } });
    // @ts-expect-error: `qery` is no field
    runEvent({ producer, run: { runId: 'r' }, job: { ...job, facets: { sql: { query: '', qery: '' } } } });
    // @ts-expect-error: no such state
    runEvent({ producer, eventType: 'DONE', run: { runId: 'r' }, job });
  });
});

describe('jobEvent and datasetEvent', () => {
  it('have their own schemaURL and shape', () => {
    const job = jobEvent({ producer, job: { namespace: 'n', name: 'j' }, inputs: [{ namespace: 'n', name: 'd' }] });
    expect(job.schemaURL).toBe('https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent');
    expect(job.inputs).toEqual([{ namespace: 'n', name: 'd' }]);
    const dataset = datasetEvent({
      producer,
      eventTime: '2026-01-01T00:00:00Z',
      dataset: { namespace: 'n', name: 'd', facets: { headwater_freshness: { maxAge: { fail: '2h' } } } },
    });
    expect(dataset.schemaURL).toBe('https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent');
    expect(dataset.dataset.facets?.headwater_freshness?._schemaURL).toBe(
      'urn:headwater:facets:1-0-0:HeadwaterFreshnessDatasetFacet#/$defs/HeadwaterFreshnessDatasetFacet',
    );
  });

  it('are told apart', () => {
    const run: OpenLineageEvent = runEvent({ producer, run: { runId: 'r' }, job: { namespace: 'n', name: 'j' } });
    const job: OpenLineageEvent = jobEvent({ producer, job: { namespace: 'n', name: 'j' } });
    const dataset: OpenLineageEvent = datasetEvent({ producer, dataset: { namespace: 'n', name: 'd' } });
    expect([run, job, dataset].map((e) => [isRunEvent(e), isJobEvent(e), isDatasetEvent(e)])).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});

describe('facet', () => {
  it('makes one complete facet, of the type that an event wants', () => {
    const parent: ParentRunFacet = facet(
      'run',
      'parent',
      { run: { runId: 'r' }, job: { namespace: 'n', name: 'p' } },
      producer,
    );
    expect(parent).toMatchObject({
      _producer: producer,
      _schemaURL: 'https://openlineage.io/spec/facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet',
    });
    expect(
      facet('output', 'subset', { outputCondition: { type: 'location', locations: ['a'] } }, producer)._schemaURL,
    ).toBe(
      'https://openlineage.io/spec/facets/1-0-0/BaseSubsetDatasetFacet.json#/$defs/OutputSubsetOutputDatasetFacet',
    );
  });

  it('retracts, and a reader has to reckon with it', () => {
    const event = runEvent({
      producer,
      run: { runId: 'r' },
      job: { namespace: 'n', name: 'j', facets: { sql: deletedFacet('job', 'sql', producer) } },
    });
    expect(event.job.facets?.sql).toEqual({
      _producer: producer,
      _schemaURL: 'https://openlineage.io/spec/facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet',
      _deleted: true,
    });
    const query = event.job.facets?.sql?.query;
    expectTypeOf(query).toEqualTypeOf<string | undefined>();
    expect(query).toBeUndefined();
  });
});
