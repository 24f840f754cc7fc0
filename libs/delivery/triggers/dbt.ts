import { at, type Carry, carryOut, postJson } from './trigger-call.ts';

export interface DbtConnection {
  /** The access URL of the account. */
  readonly url: string;
  readonly account: string;
  readonly token: string;
}

/** A run of a job of the dbt platform. It takes no key: after a lost answer there may be two runs. */
export const carryDbt: Carry<{ readonly job: string }, DbtConnection> = (
  http,
  connection,
  { job },
  { id, why, now },
) => {
  const { url, account, token } = connection;
  const path = `/api/v2/accounts/${encodeURIComponent(account)}/jobs/${encodeURIComponent(job)}/run/`;
  const headers = { authorization: `Token ${token}` };
  return carryOut(http, postJson(at(url, path), headers, { cause: `headwater ${id}: ${why}`.slice(0, 255) }), now);
};
