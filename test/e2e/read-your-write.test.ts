import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../harness.ts';
import { runEvent, table } from './events.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.stop());

const after = (position: string) => ({ 'headwater-after': position });

it('a read after a position sees what was written there, at every door', async () => {
  for (let round = 0; round < 8; round++) {
    const job = `round-${round}`;
    const position = await hub.send(runEvent(job, { reads: [`in-${round}`], writes: [`out-${round}`] }));
    const [marquez, graphql, exported] = await Promise.all([
      hub.ask({ path: `/api/v1/lineage?nodeId=${encodeURIComponent(`job:shop:${job}`)}`, headers: after(position) }),
      hub.ask({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', ...after(position) },
        body: JSON.stringify({
          query: 'query($of:[ID!]!){lineage(of:$of,depth:2){edges{from to kind}}}',
          variables: { of: [table(`in-${round}`)] },
        }),
      }),
      hub.ask({ path: '/api/v1/export', headers: after(position) }),
    ]);
    expect(marquez.status).toBe(200);
    expect(graphql.json).toEqual({
      data: {
        lineage: {
          edges: expect.arrayContaining([
            { from: table(`in-${round}`), to: `job:shop:${job}`, kind: 'READS' },
            { from: `job:shop:${job}`, to: table(`out-${round}`), kind: 'WRITES' },
          ]),
        },
      },
    });
    expect(exported.body).toContain(`"id":"job:shop:${job}"`);
  }
});

it('a lone event is seen by the read that comes next, as Marquez has it', async () => {
  for (let round = 0; round < 8; round++) {
    const job = `courtesy-${round}`;
    await hub.send(runEvent(job));
    const { status } = await hub.ask({ path: `/api/v1/lineage?nodeId=${encodeURIComponent(`job:shop:${job}`)}` });
    expect(status, job).toBe(200);
  }
});

it('a position that was never given out is 504 at once, with what is applied', async () => {
  const position = await hub.send(runEvent('last'));
  const answer = await hub.ask({ path: '/api/v1/namespaces', headers: after(String(Number(position) + 1_000)) });
  expect(answer).toMatchObject({
    status: 504,
    json: { code: 504, message: expect.stringContaining('no position beyond') },
  });
  expect(Number(answer.headers['headwater-applied'])).toBeLessThanOrEqual(Number(position));
});

it('what is no position is 400', async () => {
  expect(await hub.ask({ path: '/api/v1/namespaces', headers: after('soon') })).toMatchObject({
    status: 400,
    json: { code: 400 },
  });
});
