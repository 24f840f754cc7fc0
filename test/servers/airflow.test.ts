/** Triggers on real Airflow, 3 and 2: their REST API without a scheduler, so that what is triggered stays queued. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AirflowConnection, carryAirflow, HttpSender, parseAllowList } from '#delivery';
import { ROOT } from '../house/repository.ts';

const run = promisify(execFile);
const SCRIPT = join(ROOT, 'test/services/airflow.sh');
/** Installing it takes half a minute, starting it another, on a quiet machine. */
const PATIENCE = 600_000;

async function airflow(major: 2 | 3, ...words: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const env = { ...process.env, AIRFLOW_MAJOR: String(major), AIRFLOW_PORT: `2809${major}`, START_TIMEOUT: '300' };
  const { stdout } = await run('bash', [SCRIPT, ...words], { env });
  return new Map(
    stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

const allowed = parseAllowList('127.0.0.1/32');
if (typeof allowed === 'string') throw new Error(allowed);
const http = new HttpSender(allowed, { time: 60_000, answer: 64 * 1_024 });

describe.each([3, 2] as const)('Airflow %i', (version) => {
  let connection: AirflowConnection;
  beforeAll(async () => {
    const said = await airflow(version, 'start', '--fresh');
    const [url = '', user = '', password = ''] = ['URL', 'USER', 'PASSWORD'].map((word) => said.get(`AIRFLOW_${word}`));
    connection = { url, version, user, password };
  }, PATIENCE);
  afterAll(async () => {
    await airflow(version, 'stop');
  }, PATIENCE);

  const call = (id: string) => ({ id, why: 'orders is late', now: Date.now() });
  const dag = { dag: 'marts', asset: null, conf: { day: '2026-01-05' } };
  const asset = { dag: null, asset: 's3://lake/orders', conf: {} };

  it('makes one DAG run of one delivery, however often it is sent', async () => {
    expect(await carryAirflow(http, connection, dag, call('dlv_a'))).toEqual({ did: 'delivered', status: 200 });
    expect(await carryAirflow(http, connection, dag, call('dlv_a'))).toEqual({ did: 'delivered', status: 409 });
    expect(await carryAirflow(http, connection, dag, call('dlv_b'))).toEqual({ did: 'delivered', status: 200 });
  });

  it('says of a DAG that it does not know, and of a wrong password, that there is no use in trying again', async () => {
    expect(await carryAirflow(http, connection, { ...dag, dag: 'none' }, call('dlv_c'))).toMatchObject({
      did: 'failed',
      status: 404,
    });
    const wrong = { ...connection, password: 'wrong' };
    expect(await carryAirflow(http, wrong, dag, call('dlv_d'))).toMatchObject({
      did: 'failed',
      status: version === 3 ? 401 : 403,
    });
  });

  it('takes an asset event', async () => {
    expect(await carryAirflow(http, connection, asset, call('dlv_e'))).toMatchObject({ did: 'delivered', status: 200 });
    expect(await carryAirflow(http, connection, { ...asset, asset: 's3://lake/none' }, call('dlv_f'))).toMatchObject({
      did: 'failed',
    });
  });
});
