/** The clients that people have, as the package indexes give them: told the hub's URL and nothing else, their lineage comes back. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRunId, OpenLineageClient } from '#openlineage';
import { installClient } from '../clients/install.ts';
import { storyIds, tellStory } from '../clients/story.ts';
import { startTestHub, type TestHub } from '../harness.ts';
import { openWireTap } from './wire-tap.ts';

const run = promisify(execFile);
const programs = join(import.meta.dirname, '..', 'clients');
const INSTALL_WITHIN_MS = 300_000;

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(async () => {
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
});

type Environment = (url: string) => Readonly<Record<string, string>>;
const transport =
  (settings: Readonly<Record<string, string>>): Environment =>
  (url) => ({
    OPENLINEAGE__TRANSPORT__URL: url,
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`OPENLINEAGE__TRANSPORT__${key}`, value])),
  });
const urlOnly: Environment = (url) => ({ OPENLINEAGE_URL: url });

interface Case {
  readonly name: string;
  readonly environment: Environment;
  /** How the bodies have to come. */
  readonly gzip: boolean;
}

const CASES: readonly Case[] = [
  { name: 'http', environment: transport({ TYPE: 'http' }), gzip: false },
  { name: 'http-gzip', environment: transport({ TYPE: 'http', COMPRESSION: 'gzip' }), gzip: true },
];
const ASYNC_CASES: readonly Case[] = [
  { name: 'async', environment: transport({ TYPE: 'async_http' }), gzip: false },
  { name: 'async-gzip', environment: transport({ TYPE: 'async_http', COMPRESSION: 'gzip' }), gzip: true },
];
const URL_ONLY: Case = { name: 'url', environment: urlOnly, gzip: false };

describe('openlineage-python', () => {
  let python = '';
  beforeAll(() => {
    python = installClient('python.sh').PYTHON ?? '';
  }, INSTALL_WITHIN_MS);

  it.each([URL_ONLY, ...CASES, ...ASYNC_CASES])('$name', (each) =>
    tells(`python-${each.name}`, each, async (space, runId, env) => {
      await run(python, [join(programs, 'tell_story.py'), space, runId], { env });
    }),
  );
});

describe('openlineage-java', () => {
  let java: Readonly<Record<string, string>> = {};
  beforeAll(() => {
    java = installClient('java.sh');
  }, INSTALL_WITHIN_MS);

  it.each(CASES)('$name', (each) =>
    tells(`java-${each.name}`, each, async (space, runId, env) => {
      await run(java.JAVA ?? '', ['-cp', java.CLASSPATH ?? '', join(programs, 'TellStory.java'), space, runId], {
        env,
      });
    }),
  );
});

describe('our own client', () => {
  it.each([URL_ONLY, ...CASES, ...ASYNC_CASES])('$name', (each) =>
    tells(`typescript-${each.name}`, each, (space, runId, env) =>
      tellStory(new OpenLineageClient({ env }), space, runId),
    ),
  );
});

type Tell = (space: string, runId: string, env: Record<string, string>) => Promise<void>;

async function tells(space: string, { environment, gzip }: Case, tell: Tell): Promise<void> {
  const tap = await openWireTap(hub.address);
  const runId = newRunId();
  try {
    // Nothing of this process's own environment may say where to send.
    await tell(space, runId, { PATH: process.env.PATH ?? '', ...environment(tap.address) });
  } finally {
    await tap.close();
  }
  const requests = tap.requests();
  expect(requests.match(/POST \/api\/v1\/lineage HTTP\/1\.1\r\n/g)).toHaveLength(4);
  expect(requests.match(/^content-encoding: gzip\r$/gim) ?? []).toHaveLength(gzip ? 4 : 0);
  await comesBack(space, runId);
}

/** Reads that wait for all that the hub has accepted so far. */
async function reading() {
  const { head } = (await hub.ask({ path: '/health/ready' })).json as { head: number };
  const after = { 'headwater-after': String(head) };
  return {
    rest: async (path: string) => (await hub.ask({ path, headers: after })).json,
    async graphql(query: string, variables: object): Promise<unknown> {
      const { json } = await hub.ask({
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify({ query, variables }),
        headers: { 'content-type': 'application/json', ...after },
      });
      expect(json).not.toHaveProperty('errors');
      return (json as { data: unknown }).data;
    },
  };
}

async function comesBack(space: string, runId: string): Promise<void> {
  const ids = storyIds(space);
  const { rest, graphql } = await reading();

  const data = await graphql(
    `query ($of: [ID!]!, $field: [ID!]!, $run: ID!, $dataset: ID!) {
      lineage(of: $of, direction: DOWNSTREAM) { nodes { id } edges { kind from to } cut { at } }
      columnLineage(of: $field, direction: UPSTREAM) { edges { from to job transformations { type subtype } } }
      run(id: $run) { state startedAt endedAt job { id } reads { id } writes { id } events { type } }
      node(id: $dataset) { ... on Dataset { description fields { name type } } }
    }`,
    { of: [ids.orders], field: [ids.total], run: `run:${runId}`, dataset: ids.orders },
  );
  expect(data).toEqual({
    lineage: {
      nodes: expect.toSatisfy((nodes: { id: string }[]) =>
        same(
          nodes.map(({ id }) => id),
          [ids.orders, ids.dailyJob, ids.daily, ids.reportJob, ids.report],
        ),
      ),
      edges: expect.toSatisfy((edges: { kind: string; from: string; to: string }[]) =>
        same(
          edges.map(({ kind, from, to }) => `${from} ${kind} ${to}`),
          [
            `${ids.orders} READS ${ids.dailyJob}`,
            `${ids.dailyJob} WRITES ${ids.daily}`,
            `${ids.daily} READS ${ids.reportJob}`,
            `${ids.reportJob} WRITES ${ids.report}`,
          ],
        ),
      ),
      cut: [],
    },
    columnLineage: {
      edges: [
        {
          from: ids.amount,
          to: ids.total,
          job: ids.dailyJob,
          transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
        },
      ],
    },
    run: {
      state: 'COMPLETED',
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:05:00.000Z',
      job: { id: ids.dailyJob },
      reads: [{ id: ids.orders }],
      writes: [{ id: ids.daily }],
      events: [{ type: 'COMPLETE' }, { type: 'START' }],
    },
    node: {
      description: 'One row an order',
      fields: [
        { name: 'id', type: 'bigint' },
        { name: 'amount', type: 'numeric' },
      ],
    },
  });

  const { graph } = (await rest(`/api/v1/lineage?nodeId=${encodeURIComponent(ids.dailyJob)}&depth=5`)) as Graph;
  expect(graph.map(({ id }) => id).sort()).toEqual(
    [ids.orders, ids.dailyJob, ids.daily, ids.reportJob, ids.report].sort(),
  );
  const columns = (await rest(`/api/v1/column-lineage?nodeId=${encodeURIComponent(ids.total)}`)) as Graph;
  expect(columns.graph.find(({ id }) => id === ids.total)?.data.inputFields).toEqual([
    expect.objectContaining({ dataset: `shop.${space}.orders`, field: 'amount' }),
  ]);
  const { runs } = (await rest(`/api/v1/namespaces/${space}/jobs/daily/runs`)) as { runs: { id: string }[] };
  expect(runs.map(({ id }) => id)).toEqual([runId]);
}

interface Graph {
  readonly graph: readonly { readonly id: string; readonly data: { readonly inputFields?: unknown } }[];
}

const same = (actual: readonly string[], expected: readonly string[]): boolean =>
  [...actual].sort().join('\n') === [...expected].sort().join('\n');
