import { failed, type HttpSender, type SendOutcome } from '../http-sender.ts';
import { ask, at, type Carry, carryOut, getJson, member, postJson } from './trigger-call.ts';

export interface AirflowConnection {
  readonly url: string;
  /** Of Airflow: its API is `/api/v2` from 3 on, `/api/v1` before. */
  readonly version: 2 | 3;
  /** A bearer token, in place of a user. */
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
}

export interface AirflowTrigger {
  /** One of both. */
  readonly dag: string | null;
  readonly asset: string | null;
  readonly conf: Readonly<Record<string, string>>;
}

/** Whoever sees such a run id knows that a rule made it. */
export const AIRFLOW_RUN_ID = 'headwater__';

/**
 * A DAG run under an id of ours: a repeat is answered 409, which means done. An asset event has no key to drop a repeat by: after
 * a lost answer there may be two. Such an event leaves it to Airflow which DAGs run.
 */
export const carryAirflow: Carry<AirflowTrigger, AirflowConnection> = async (http, connection, trigger, call) => {
  const authorized = await authorize(http, connection, call.now);
  if ('did' in authorized) return authorized;
  const api = at(connection.url, connection.version === 3 ? '/api/v2' : '/api/v1');
  const conf = { ...trigger.conf, headwater: call.id };
  if (trigger.dag === null) return tellAsset({ http, api, headers: authorized }, connection, trigger.asset ?? '', call);
  const run = { dag_run_id: `${AIRFLOW_RUN_ID}${call.id}`, conf, note: call.why };
  const url = `${api}/dags/${encodeURIComponent(trigger.dag)}/dagRuns`;
  // Airflow 3 asks for a logical date, and takes none for an answer.
  const body = connection.version === 3 ? { ...run, logical_date: null } : run;
  return carryOut(http, postJson(url, authorized, body), call.now, ({ status }) => status === 409);
};

type Headers = Readonly<Record<'authorization', string>>;

async function authorize(http: HttpSender, connection: AirflowConnection, now: number): Promise<Headers | SendOutcome> {
  const { url, version, token, user = '', password = '' } = connection;
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (version === 2) return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const answer = await ask(http, postJson(at(url, '/auth/token'), {}, { username: user, password }), now);
  if ('outcome' in answer) return answer.outcome;
  const given = member(answer.json, 'access_token');
  return typeof given === 'string' ? { authorization: `Bearer ${given}` } : failed('Airflow gave no access_token');
}

interface Api {
  readonly http: HttpSender;
  readonly api: string;
  readonly headers: Headers;
}

async function tellAsset(
  { http, api, headers }: Api,
  { version }: AirflowConnection,
  asset: string,
  { id, why, now }: { readonly id: string; readonly why: string; readonly now: number },
): Promise<SendOutcome> {
  const extra = { headwater: id, why };
  if (version === 2)
    return carryOut(http, postJson(`${api}/datasets/events`, headers, { dataset_uri: asset, extra }), now);
  const found = await ask(http, getJson(`${api}/assets?uri_pattern=${encodeURIComponent(asset)}`, headers), now);
  if ('outcome' in found) return found.outcome;
  const assets = member(found.json, 'assets');
  const own = Array.isArray(assets) ? assets.find((each) => member(each, 'uri') === asset) : undefined;
  if (own === undefined) return failed(`Airflow knows no asset ${asset}`);
  return carryOut(http, postJson(`${api}/assets/events`, headers, { asset_id: member(own, 'id'), extra }), now);
}
