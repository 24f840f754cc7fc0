/** A receiver of webhooks that verifies them as receivers do. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export const SECRET = `whsec_${Buffer.from('a key of at least thirty-two bytes').toString('base64')}`;

export interface ReceivedHook {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly rule: string;
    readonly subject: string;
    readonly incident: string | null;
    readonly why: string;
  } & Readonly<Record<string, unknown>>;
}

export interface Receiver {
  readonly url: string;
  /** Verified, in the order in which they came, repeats too. */
  readonly received: readonly ReceivedHook[];
  /** What could not be verified. */
  readonly refused: readonly string[];
  /** The next answers; 204 after these. */
  answer(...statuses: readonly number[]): void;
  /** Resolves when there are so many. */
  wait(count: number, withinMs?: number): Promise<void>;
  close(): void;
}

export async function startReceiver(secret: string = SECRET): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const received: ReceivedHook[] = [];
  const refused: string[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const status = answers.shift() ?? 204;
      try {
        const headers = request.headers as Record<string, string>;
        const body = webhook.verify(Buffer.concat(pieces), headers) as Omit<ReceivedHook, 'id'>;
        received.push({ ...body, id: headers['webhook-id'] ?? '' });
        response.writeHead(status).end();
      } catch (error) {
        refused.push(String(error));
        response.writeHead(401).end();
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    refused,
    answer: (...statuses) => void answers.push(...statuses),
    async wait(count, withinMs = 60_000) {
      for (const end = Date.now() + withinMs; received.length < count; ) {
        if (Date.now() > end)
          throw new Error(`${received.length} of ${count} came: ${JSON.stringify(received)} ${refused.join()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
