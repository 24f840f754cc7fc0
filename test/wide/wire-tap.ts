import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and the hub, passes each byte on, and remembers what the client sent. */
export interface WireTap {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  /** The requests as text; compressed bodies are noise in it. */
  requests(): string;
  close(): Promise<void>;
}

export async function openWireTap(to: string): Promise<WireTap> {
  const { hostname, port } = new URL(to);
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const hub = connect(Number(port), hostname);
    for (const socket of [client, hub]) {
      sockets.add(socket);
      // Either end may break off; the other one is told by its close.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        hub.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => heard.push(chunk));
    client.pipe(hub);
    hub.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => Buffer.concat(heard).toString('latin1'),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
