import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';

/** JSON messages over a WebSocket: as much of RFC 6455 as a test needs, which Node 20 has no client for. */
export interface TestSocket {
  send(message: object): void;
  /** The next message of one of these types; others are passed over. */
  next(...types: readonly string[]): Promise<Record<string, unknown>>;
  close(): void;
}

const TEXT = 0x81;

export function openWebSocket(url: string, protocol: string): Promise<TestSocket> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'sec-websocket-protocol': protocol,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => reject(new Error(`no WebSocket: ${response.statusCode}`)));
    request.on('upgrade', (_response, socket, head) => resolve(jsonSocket(socket, head)));
    request.end();
  });
}

function jsonSocket(socket: Socket, head: Buffer): TestSocket {
  const held: Record<string, unknown>[] = [];
  const waiting: { types: readonly string[]; resolve: (message: Record<string, unknown>) => void }[] = [];
  let bytes = head;
  const deliver = (): void => {
    for (const wish of [...waiting]) {
      const index = held.findIndex((message) => wish.types.includes(String(message.type)));
      if (index < 0) continue;
      const [message] = held.splice(index, 1);
      waiting.splice(waiting.indexOf(wish), 1);
      if (message !== undefined) wish.resolve(message);
    }
  };
  const read = (): void => {
    for (;;) {
      // From a server: two bytes, two more for a length of 126 and above, then the text. Longer ones no test gets.
      if (bytes.length < 2) return;
      const short = (bytes[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : 2;
      if (bytes.length < start) return;
      const length = short === 126 ? bytes.readUInt16BE(2) : short;
      if (bytes.length < start + length) return;
      if (bytes[0] === TEXT)
        held.push(JSON.parse(bytes.subarray(start, start + length).toString()) as Record<string, unknown>);
      bytes = bytes.subarray(start + length);
      deliver();
    }
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    read();
  });
  // A reset at the end is no matter of a test.
  socket.on('error', () => undefined);
  read();
  return {
    send(message) {
      const text = Buffer.from(JSON.stringify(message));
      const length =
        text.length < 126
          ? Buffer.from([0x80 | text.length])
          : Buffer.from([0x80 | 126, text.length >> 8, text.length & 0xff]);
      // A client must mask; a mask of zeros leaves the text as it is.
      socket.write(Buffer.concat([Buffer.from([TEXT]), length, Buffer.alloc(4), text]));
    },
    next(...types) {
      return new Promise((resolve) => {
        waiting.push({ types, resolve });
        deliver();
      });
    },
    close: () => socket.destroy(),
  };
}
