import { connect, createServer, type Socket } from 'node:net';

/** Between a client and a server; each piece of an answer arrives `delayMs` late. */
export class SlowProxy {
  readonly port: number;
  delayMs = 0;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  static async start(target: URL): Promise<SlowProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
      client.pipe(upstream);
      // None overtakes the one before it, whatever the delay is by now.
      let last = 0;
      upstream.on('data', (data) => {
        last = Math.max(last, performance.now() + proxy.delayMs);
        setTimeout(() => client.writable && client.write(data), last - performance.now());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const proxy = new SlowProxy(port, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return proxy;
  }

  stop(): Promise<void> {
    return this.#close();
  }
}
