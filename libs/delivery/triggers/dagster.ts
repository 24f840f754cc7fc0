import { ask, at, type Carry, member, postJson } from './trigger-call.ts';

export interface DagsterConnection {
  /** Without `/graphql`. */
  readonly url: string;
  /** Of Dagster+. */
  readonly token?: string;
  /** The code location that has the job. */
  readonly location: string;
  readonly repository: string;
}

const LAUNCH = `mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}`;

/** A run of a job, tagged with the delivery. Dagster takes no key: after a lost answer there may be two runs. */
export const carryDagster: Carry<{ readonly job: string }, DagsterConnection> = async (
  http,
  connection,
  { job },
  call,
) => {
  const { url, token, location, repository } = connection;
  const params = {
    selector: { repositoryLocationName: location, repositoryName: repository, jobName: job },
    runConfigData: {},
    executionMetadata: { tags: [{ key: 'headwater/delivery', value: call.id }] },
  };
  const headers = token === undefined ? {} : { 'dagster-cloud-api-token': token };
  const body = { query: LAUNCH, variables: { params } };
  const answer = await ask(http, postJson(at(url, '/graphql'), headers, body), call.now);
  if ('outcome' in answer) return answer.outcome;
  // GraphQL says 200 to what it refuses.
  const launched = member(member(answer.json, 'data'), 'launchRun');
  const type = member(launched, '__typename');
  if (type === 'LaunchRunSuccess') return { did: 'delivered', status: 200 };
  const errors = member(answer.json, 'errors') ?? member(launched, 'message') ?? member(launched, 'errors');
  return {
    did: 'failed',
    status: 200,
    error: `Dagster: ${String(type ?? 'no answer')} ${JSON.stringify(errors ?? null)}`,
  };
};
