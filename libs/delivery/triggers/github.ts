import { at, type Carry, carryOut, postJson } from './trigger-call.ts';

export interface GithubConnection {
  readonly url: string;
  readonly token: string;
}

export const GITHUB_URL = 'https://api.github.com';

/** A `repository_dispatch`, with the delivery in its payload: GitHub drops no repeats, a workflow can. */
export const carryGithub: Carry<{ readonly repository: string; readonly event: string }, GithubConnection> = (
  http,
  { url, token },
  { repository, event },
  { id, why, now },
) => {
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'x-github-api-version': '2022-11-28',
  };
  const path = `/repos/${repository.split('/').map(encodeURIComponent).join('/')}/dispatches`;
  return carryOut(
    http,
    postJson(at(url, path), headers, { event_type: event, client_payload: { delivery: id, why } }),
    now,
  );
};
