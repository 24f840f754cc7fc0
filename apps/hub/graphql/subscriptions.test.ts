import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { ALL_SCOPES, type Scope, type Viewer } from '#lineage';
import { type ChainHub, change, startChain } from '../../../test/graphql/chain-hub.ts';

describe('subscriptions', () => {
  const { WebSocket } = createRequire(import.meta.url)('ws') as {
    WebSocket: new (url: string, protocol: string, options: { headers: object }) => Socket;
  };

  /** A client of graphql-transport-ws: what it got, in order. */
  async function subscribe({ app }: ChainHub, query: string, variables: object = {}, init: object = {}) {
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const socket = new WebSocket(`${address.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: {} });
    const got: { type: string; payload: unknown }[] = [];
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type !== 'ping') got.push(message);
    });
    await new Promise<void>((resolve) => {
      socket.on('open', () => resolve());
    });
    const send = (message: object): void => socket.send(JSON.stringify(message));
    send({ type: 'connection_init', payload: init });
    await vi.waitFor(() => expect(got).toHaveLength(1));
    send({ type: 'subscribe', id: '1', payload: { query, variables } });
    const received = async (count: number) => {
      await vi.waitFor(() => expect(got).toHaveLength(count + 1));
      return got.slice(1);
    };
    return { socket, send, received };
  }

  it('streams the changes that the filter lets pass, each read afresh, until the client ends it', async () => {
    const hub = await startChain();
    const { socket, send, received } = await subscribe(
      hub,
      'subscription($f: ChangeFilter) { changes(filter: $f) { id kind subject { id ... on Job { name } } } }',
      { f: { kinds: ['lineage.changed', 'job.stalled'], subjects: ['job:n:j0'] } },
    );
    await vi.waitFor(() => expect(hub.listening()).toBe(1));
    hub.emit([
      change(1, 'node.added', 'job:n:j0'),
      change(2, 'lineage.changed', 'job:n:j0'),
      change(3, 'job.stalled', 'job:n:j1'),
    ]);
    hub.emit([change(4, 'job.stalled', 'job:n:j0')]);
    const subject = { id: 'job:n:j0', name: 'j0' };
    expect(await received(2)).toEqual([
      { type: 'next', id: '1', payload: { data: { changes: { id: '2', kind: 'lineage.changed', subject } } } },
      { type: 'next', id: '1', payload: { data: { changes: { id: '4', kind: 'job.stalled', subject } } } },
    ]);
    expect(hub.calls.filter((call) => call === 'assets')).toHaveLength(2);
    send({ type: 'complete', id: '1' });
    await vi.waitFor(() => expect(hub.listening()).toBe(0));
    socket.close();
  });

  it('shows a flow as it is, then each change of it', async () => {
    const hub = await startChain();
    const { socket, received } = await subscribe(hub, 'subscription { flow(jobs: ["job:n:j3"]) { id } }');
    expect(await received(1)).toMatchObject([{ payload: { data: { flow: { id: 'job:n:j3' } } } }]);
    hub.emit([
      change(1, 'job.silent', 'job:n:j3'),
      change(2, 'facet.changed', 'job:n:j3'),
      change(3, 'job.silent', 'job:n:j4'),
    ]);
    expect(await received(2)).toMatchObject([{}, { payload: { data: { flow: { id: 'job:n:j3' } } } }]);
    socket.close();
    await vi.waitFor(() => expect(hub.listening()).toBe(0));
  });

  it('keeps the stream of incidents open', async () => {
    const hub = await startChain();
    const { socket, received } = await subscribe(hub, 'subscription { incidents { id } }');
    await vi.waitFor(() => expect(hub.listening()).toBe(1));
    expect(await received(0)).toEqual([]);
    socket.close();
  });

  it.each([
    ['subscription { flow(jobs: []) { id } }', 'BAD_USER_INPUT'],
    ['subscription { changes { nope } }', 'GRAPHQL_VALIDATION_FAILED'],
    [`subscription { changes { ${'id '.repeat(2000)} } }`, 'GRAPHQL_PARSE_FAILED'],
  ])('refuses %.50s', async (query, code) => {
    const hub = await startChain();
    const { socket, received } = await subscribe(hub, query);
    expect(await received(1)).toMatchObject([{ type: 'error', id: '1', payload: [{ extensions: { code } }] }]);
    expect(hub.listening()).toBe(0);
    socket.close();
  });

  it('asks who the viewer is with the key of connection_init, and keeps out who may not read', async () => {
    const viewerOf = ({ headers }: { headers: Record<string, unknown> }): Viewer => {
      if (headers.authorization === undefined) throw Object.assign(new Error('no key'), { statusCode: 401 });
      return { name: 'k', scopes: headers.authorization === 'Bearer good' ? ALL_SCOPES : new Set<Scope>(['ingest']) };
    };
    for (const [init, code] of [
      [{}, 'UNAUTHENTICATED'],
      [{ authorization: 'Bearer other' }, 'FORBIDDEN'],
    ] as const) {
      const refused = await subscribe(
        await startChain(undefined, { viewerOf }),
        'subscription { changes { id } }',
        {},
        init,
      );
      expect(await refused.received(1)).toMatchObject([{ type: 'error', payload: [{ extensions: { code } }] }]);
      refused.socket.close();
    }
    const hub = await startChain(undefined, { viewerOf });
    const { socket } = await subscribe(hub, 'subscription { changes { id } }', {}, { authorization: 'Bearer good' });
    await vi.waitFor(() => expect(hub.listening()).toBe(1));
    socket.close();
  });
});

/** The part of a WebSocket that the tests use. */
interface Socket {
  send(text: string): void;
  close(): void;
  on(event: 'message' | 'open', listener: (data: unknown) => void): void;
}
