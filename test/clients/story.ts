import { datasetEvent, jobEvent, type OpenLineageClient, runEvent } from '#openlineage';

/**
 * What each client tells the hub, in a space of its own: a run says at its start what it reads and at its end what it
 * wrote, a job is declared, a dataset is described.
 *
 * ```
 * orders ──▶ job daily ──▶ daily ──▶ job report ──▶ report
 *   amount ───────────────▶ total
 * ```
 *
 * TellStory.java and tell_story.py tell the same.
 */
export async function tellStory(client: OpenLineageClient, space: string, runId: string): Promise<void> {
  const producer = 'https://example.com/story/tree/1.0.0/typescript';
  const table = (name: string) => ({ namespace: DATABASE, name: `shop.${space}.${name}` });
  const run = { producer, run: { runId }, job: { namespace: space, name: 'daily' } };
  const sent = await Promise.all([
    client.emit(
      runEvent({
        ...run,
        eventType: 'START',
        eventTime: '2026-01-01T00:00:00Z',
        inputs: [
          {
            ...table('orders'),
            facets: {
              schema: {
                fields: [
                  { name: 'id', type: 'bigint' },
                  { name: 'amount', type: 'numeric' },
                ],
              },
            },
          },
        ],
      }),
    ),
    client.emit(
      runEvent({
        ...run,
        eventType: 'COMPLETE',
        eventTime: '2026-01-01T00:05:00Z',
        outputs: [
          {
            ...table('daily'),
            facets: {
              schema: { fields: [{ name: 'total', type: 'numeric' }] },
              columnLineage: {
                fields: {
                  total: {
                    inputFields: [
                      {
                        ...table('orders'),
                        field: 'amount',
                        transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
                      },
                    ],
                  },
                },
              },
            },
            outputFacets: { outputStatistics: { rowCount: 120 } },
          },
        ],
      }),
    ),
    client.emit(
      jobEvent({
        producer,
        eventTime: '2026-01-01T00:06:00Z',
        job: { namespace: space, name: 'report' },
        inputs: [table('daily')],
        outputs: [table('report')],
      }),
    ),
    client.emit(
      datasetEvent({
        producer,
        eventTime: '2026-01-01T00:07:00Z',
        dataset: { ...table('orders'), facets: { documentation: { description: 'One row an order' } } },
      }),
    ),
  ]);
  const failed = sent.find((result) => !result.ok);
  if (failed?.ok === false) throw new Error(failed.error.message);
  if (!(await client.close())) throw new Error('the client did not send all of it');
}

const DATABASE = 'postgres://db:5432';

/** The ids of the story's nodes. */
export const storyIds = (space: string) => ({
  orders: `dataset:${DATABASE}:shop.${space}.orders`,
  daily: `dataset:${DATABASE}:shop.${space}.daily`,
  report: `dataset:${DATABASE}:shop.${space}.report`,
  dailyJob: `job:${space}:daily`,
  reportJob: `job:${space}:report`,
  amount: `datasetField:${DATABASE}:shop.${space}.orders:amount`,
  total: `datasetField:${DATABASE}:shop.${space}.daily:total`,
});
