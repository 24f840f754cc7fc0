/** From a planned trigger to the tool, over a socket, with connections as the settings have them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { HttpSender, parseAllowList } from '#delivery';
import type { Delivery, NotifyOutcome } from '#rules';
import { connectionsSchema } from '../config/connections.ts';
import { TriggerNotifier } from './trigger-notifier.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function tool(status: number): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    request.resume();
    response.writeHead(status).end('{}');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

type Planned = Extract<Delivery['action'], { do: 'trigger' }>['trigger'];

function notify(connections: unknown, trigger: Planned, env: Record<string, string> = {}): Promise<NotifyOutcome> {
  const allowed = parseAllowList('127.0.0.1/32');
  if (typeof allowed === 'string') throw new Error(allowed);
  const notifier = new TriggerNotifier({
    http: new HttpSender(allowed),
    connections: connectionsSchema.parse(connections),
    env,
  });
  const delivery: Delivery = {
    id: 'dlv_1',
    decision: 'd',
    rule: 'refresh',
    subject: 'dataset:db:orders',
    to: `trigger:${trigger.tool}`,
    action: { key: 'k', do: 'trigger', trigger },
    body: '',
    at: 0,
    state: 'WAITING',
    attempts: 0,
    firstAttempt: null,
    lastStatus: null,
    lastError: null,
    nextAttempt: 0,
    deliveredAt: null,
  };
  return notifier.notify(delivery, 0);
}

const DAG: Planned = { tool: 'airflow', dag: 'marts', asset: null, conf: {}, connection: null };
// biome-ignore lint/suspicious/noTemplateCurlyInString: how one writes it in the file
const TOKEN = '${env:TOKEN}';

it('the only connection of a tool needs no name; its secret is read when it is needed', async () => {
  const { url, asked } = await tool(200);
  const connections = { airflow: { main: { url, token: TOKEN } } };
  expect(await notify(connections, DAG, { TOKEN: 'secret' })).toEqual({ did: 'delivered', status: 200 });
  expect(asked).toEqual(['POST /api/v2/dags/marts/dagRuns Bearer secret']);
});

it('of several the one that is named', async () => {
  const [one, other] = [await tool(200), await tool(204)];
  const connections = { github: { one: { url: one.url, token: TOKEN }, other: { url: other.url, token: TOKEN } } };
  const dispatch: Planned = { tool: 'github', repository: 'a/b', event: 'late', connection: 'other' };
  expect(await notify(connections, dispatch, { TOKEN: 't' })).toEqual({ did: 'delivered', status: 204 });
  expect(one.asked).toEqual([]);
  expect(await notify(connections, { ...dispatch, connection: null }, { TOKEN: 't' })).toMatchObject({
    did: 'retry',
    error: 'connections.github has several (one, other): name one as connection',
  });
});

it('what may be mended is tried again, and says what is missing', async () => {
  expect(await notify({}, DAG)).toMatchObject({
    did: 'retry',
    error: 'the settings have no connections.airflow: say there where it is',
  });
  const connections = { airflow: { main: { url: 'http://127.0.0.1:1', token: TOKEN } } };
  expect(await notify(connections, DAG)).toMatchObject({
    did: 'retry',
    error: 'the variable TOKEN holds no secret',
  });
  expect(await notify(connections, { ...DAG, connection: 'mian' }, { TOKEN: 't' })).toMatchObject({
    error: 'connections.airflow has no mian; it has main',
  });
});

it('gone is a failure of this trigger, and disables no other', async () => {
  const { url } = await tool(410);
  expect(await notify({ airflow: { main: { url, token: TOKEN } } }, DAG, { TOKEN: 't' })).toMatchObject({
    did: 'failed',
  });
});

it.each([
  ['a secret in the file itself', { airflow: { a: { url: 'https://a', token: 'abc' } } }, /keep it outside/],
  [
    'a user without a password',
    { airflow: { a: { url: 'https://a', user: 'u' } } },
    /needs a token, or user and password/,
  ],
  ['no URL', { prefect: { a: { url: 'prefect' } } }, /is no URL/],
  ['an unknown tool', { luigi: {} }, /luigi/],
])('settings with %s are refused', (_, connections, message) => {
  expect(() => connectionsSchema.parse(connections)).toThrow(message);
});
