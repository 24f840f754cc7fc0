import { failed } from '../http-sender.ts';
import { ask, at, type Carry, carryOut, getJson, member, postJson } from './trigger-call.ts';

export interface PrefectConnection {
  /** Of the API: `…/api`, of Prefect Cloud with its account and workspace. */
  readonly url: string;
  readonly token?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A run of a deployment, by id or as `flow/deployment`, under a key of ours: Prefect answers a repeat with the run that is there. */
export const carryPrefect: Carry<{ readonly deployment: string }, PrefectConnection> = async (
  http,
  { url, token },
  { deployment },
  { id, now },
) => {
  const headers: Readonly<Record<string, string>> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let found: unknown = deployment;
  if (!UUID.test(deployment)) {
    const name = deployment.split('/').map(encodeURIComponent).join('/');
    const answer = await ask(http, getJson(at(url, `/deployments/name/${name}`), headers), now);
    if ('outcome' in answer) return answer.outcome;
    found = member(answer.json, 'id');
  }
  if (typeof found !== 'string') return failed(`Prefect gave no id for ${deployment}`);
  const run = { name: `headwater-${id}`, idempotency_key: id, tags: ['headwater'] };
  return carryOut(
    http,
    postJson(at(url, `/deployments/${encodeURIComponent(found)}/create_flow_run`), headers, run),
    now,
  );
};
