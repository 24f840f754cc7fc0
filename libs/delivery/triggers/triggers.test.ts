/** Against a server that speaks each tool's documented API, over a socket. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type AllowList, parseAllowList } from '../address-guard.ts';
import { HttpSender, type SendOutcome } from '../http-sender.ts';
import { carryAirflow } from './airflow.ts';
import { carryDagster } from './dagster.ts';
import { carryDbt } from './dbt.ts';
import { carryGithub } from './github.ts';
import { carryPrefect } from './prefect.ts';
import { member } from './trigger-call.ts';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Answer = readonly [status: number, body?: unknown];

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A tool: what it answers by method and path, and what it was asked. */
async function tool(
  answer: (request: Received, nth: number) => Answer,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: text === '' ? null : (JSON.parse(text) as unknown) };
      received.push(one);
      const [status, body] = answer(one, received.length);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function local(): AllowList {
  const allowed = parseAllowList('127.0.0.1/32');
  if (typeof allowed === 'string') throw new Error(allowed);
  return allowed;
}

const http = new HttpSender(local());
const CALL = { id: 'dlv_1', why: 'orders is late', now: 0 };
const did = ({ did: what, status }: SendOutcome): string => `${what} ${status}`;

describe('Airflow', () => {
  const DAG = { dag: 'marts', asset: null, conf: { day: '2026-01-05' } };
  const ASSET = { dag: null, asset: 's3://lake/orders', conf: {} };

  it('3: a DAG run under an id of ours, after a token', async () => {
    const airflow = await tool(({ path }) => (path === '/auth/token' ? [201, { access_token: 'jwt' }] : [200, {}]));
    const connection = { url: `${airflow.url}/`, version: 3, user: 'u', password: 'p' } as const;
    expect(did(await carryAirflow(http, connection, DAG, CALL))).toBe('delivered 200');
    const [token, run] = airflow.received;
    expect(token).toMatchObject({ method: 'POST', body: { username: 'u', password: 'p' } });
    expect(run).toMatchObject({
      method: 'POST',
      path: '/api/v2/dags/marts/dagRuns',
      headers: { authorization: 'Bearer jwt' },
    });
    expect(run?.body).toEqual({
      dag_run_id: 'headwater__dlv_1',
      logical_date: null,
      conf: { day: '2026-01-05', headwater: 'dlv_1' },
      note: 'orders is late',
    });
  });

  it('2: a DAG run, with basic authentication', async () => {
    const airflow = await tool(() => [200, {}]);
    const connection = { url: airflow.url, version: 2, user: 'u', password: 'p' } as const;
    expect(did(await carryAirflow(http, connection, DAG, CALL))).toBe('delivered 200');
    expect(airflow.received[0]).toMatchObject({
      path: '/api/v1/dags/marts/dagRuns',
      headers: { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` },
    });
    expect(airflow.received[0]?.body).not.toHaveProperty('logical_date');
  });

  it('a run that is there already is done; an unknown DAG is not, and is not tried again', async () => {
    const answers = new Map([
      ['/api/v2/dags/marts/dagRuns', 409],
      ['/api/v2/dags/none/dagRuns', 404],
      ['/api/v2/dags/busy/dagRuns', 503],
    ]);
    const airflow = await tool(({ path }) => [answers.get(path) ?? 500, { detail: 'words' }]);
    const connection = { url: airflow.url, version: 3, token: 't' } as const;
    expect(did(await carryAirflow(http, connection, DAG, CALL))).toBe('delivered 409');
    expect(did(await carryAirflow(http, connection, { ...DAG, dag: 'none' }, CALL))).toBe('failed 404');
    expect(did(await carryAirflow(http, connection, { ...DAG, dag: 'busy' }, CALL))).toBe('retry 503');
  });

  it('3: an asset event, by the id of the asset with exactly that URI', async () => {
    const airflow = await tool(({ method }) =>
      method === 'GET'
        ? [
            200,
            {
              assets: [
                { id: 6, uri: 's3://lake/orders_old' },
                { id: 7, uri: 's3://lake/orders' },
              ],
            },
          ]
        : [200, {}],
    );
    const connection = { url: airflow.url, version: 3, token: 't' } as const;
    expect(did(await carryAirflow(http, connection, ASSET, CALL))).toBe('delivered 200');
    expect(airflow.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v2/assets?uri_pattern=s3%3A%2F%2Flake%2Forders',
      'POST /api/v2/assets/events',
    ]);
    expect(airflow.received[1]?.body).toEqual({ asset_id: 7, extra: { headwater: 'dlv_1', why: 'orders is late' } });
    expect(did(await carryAirflow(http, connection, { ...ASSET, asset: 's3://lake' }, CALL))).toBe('failed null');
  });

  it('2: a dataset event', async () => {
    const airflow = await tool(() => [200, {}]);
    await carryAirflow(http, { url: airflow.url, version: 2, token: 't' }, ASSET, CALL);
    expect(airflow.received[0]).toMatchObject({
      path: '/api/v1/datasets/events',
      body: { dataset_uri: 's3://lake/orders' },
    });
  });

  it('a wrong password is told, and the DAG is not asked for', async () => {
    const airflow = await tool(() => [401, { detail: 'Invalid credentials' }]);
    const outcome = await carryAirflow(http, { url: airflow.url, version: 3, user: 'u', password: 'x' }, DAG, CALL);
    expect(outcome).toMatchObject({ did: 'failed', status: 401 });
    expect(airflow.received).toHaveLength(1);
  });
});

describe('the dbt platform', () => {
  it('a run of a job, with its cause', async () => {
    const dbt = await tool(() => [200, { data: { id: 1 } }]);
    expect(did(await carryDbt(http, { url: dbt.url, account: '12', token: 't' }, { job: '34' }, CALL))).toBe(
      'delivered 200',
    );
    expect(dbt.received[0]).toMatchObject({
      method: 'POST',
      path: '/api/v2/accounts/12/jobs/34/run/',
      headers: { authorization: 'Token t' },
      body: { cause: 'headwater dlv_1: orders is late' },
    });
  });
});

describe('Dagster', () => {
  const connection = (url: string) => ({ url, token: 't', location: 'etl', repository: '__repository__' });

  it('a run of a job, tagged with the delivery', async () => {
    const dagster = await tool(() => [
      200,
      { data: { launchRun: { __typename: 'LaunchRunSuccess', run: { runId: 'r' } } } },
    ]);
    expect(did(await carryDagster(http, connection(dagster.url), { job: 'marts' }, CALL))).toBe('delivered 200');
    expect(dagster.received[0]).toMatchObject({
      path: '/graphql',
      headers: { 'dagster-cloud-api-token': 't' },
      body: {
        variables: {
          params: {
            selector: { repositoryLocationName: 'etl', repositoryName: '__repository__', jobName: 'marts' },
            executionMetadata: { tags: [{ key: 'headwater/delivery', value: 'dlv_1' }] },
          },
        },
      },
    });
  });

  it('a refusal is one, although it is answered 200', async () => {
    const refused = { data: { launchRun: { __typename: 'PipelineNotFoundError', message: 'no job marts' } } };
    const dagster = await tool(() => [200, refused]);
    const outcome = await carryDagster(http, connection(dagster.url), { job: 'marts' }, CALL);
    expect(outcome).toEqual({ did: 'failed', status: 200, error: 'Dagster: PipelineNotFoundError "no job marts"' });
  });

  it('a job whose configuration is wrong says what is wrong with it, which is no Error of their schema', async () => {
    const errors = [{ message: 'Missing required config entry "ops"' }];
    const dagster = await tool(({ body }) => [
      200,
      String(member(body, 'query')).includes('on RunConfigValidationInvalid { errors { message } }')
        ? { data: { launchRun: { __typename: 'RunConfigValidationInvalid', errors } } }
        : { data: { launchRun: { __typename: 'RunConfigValidationInvalid' } } },
    ]);
    const outcome = await carryDagster(http, connection(dagster.url), { job: 'marts' }, CALL);
    expect(outcome).toMatchObject({
      did: 'failed',
      error: `Dagster: RunConfigValidationInvalid ${JSON.stringify(errors)}`,
    });
  });
});

describe('Prefect', () => {
  it('a run of a deployment by name, under a key of ours', async () => {
    const id = '0a1b2c3d-0000-4000-8000-000000000001';
    const prefect = await tool(({ method }) => (method === 'GET' ? [200, { id }] : [201, {}]));
    const connection = { url: `${prefect.url}/api`, token: 't' };
    expect(did(await carryPrefect(http, connection, { deployment: 'marts/nightly' }, CALL))).toBe('delivered 201');
    expect(prefect.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/deployments/name/marts/nightly',
      `POST /api/deployments/${id}/create_flow_run`,
    ]);
    expect(prefect.received[1]?.body).toMatchObject({ idempotency_key: 'dlv_1' });
    expect(did(await carryPrefect(http, connection, { deployment: id }, CALL))).toBe('delivered 201');
    expect(prefect.received).toHaveLength(3);
  });
});

describe('GitHub', () => {
  it('a repository_dispatch', async () => {
    const github = await tool(() => [204]);
    const trigger = { repository: 'acme/etl', event: 'orders-late' };
    expect(did(await carryGithub(http, { url: github.url, token: 't' }, trigger, CALL))).toBe('delivered 204');
    expect(github.received[0]).toMatchObject({
      method: 'POST',
      path: '/repos/acme/etl/dispatches',
      headers: { authorization: 'Bearer t', 'user-agent': 'headwater', 'x-github-api-version': '2022-11-28' },
      body: { event_type: 'orders-late', client_payload: { delivery: 'dlv_1', why: 'orders is late' } },
    });
  });
});

it('an address that is not public is not called, whatever the tool', async () => {
  const guarded = new HttpSender({ hosts: new Set(), networks: [] });
  const outcome = await carryGithub(
    guarded,
    { url: 'https://10.0.0.1', token: 't' },
    { repository: 'a/b', event: 'c' },
    CALL,
  );
  expect(outcome).toMatchObject({ did: 'failed', status: null });
});

it('an answer that breaks off says nothing of what the tool did: it is asked again', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"data":');
    setTimeout(() => response.destroy(), 20);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = { url, location: 'l', repository: 'r' };
  expect(did(await carryDagster(http, connection, { job: 'j' }, CALL))).toBe('retry 200');
});
