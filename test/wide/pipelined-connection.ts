import { connect, type Socket } from 'node:net';

export interface WireRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface Asked {
  readonly answered: (answer: WireAnswer) => void;
  readonly failed: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection on which requests go out without waiting for the answers before them, as HTTP/1.1 allows and
 * Node's own client doesn't. Answers come in the order of the requests:
 *
 * ```
 *  →  POST 1  POST 2  POST 3
 *  ←                  201 for 1  422 for 2  201 for 3
 * ```
 *
 * A connection that ends while requests wait fails each of them: a hub that hangs up says nothing.
 */
export class PipelinedConnection {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #answerWithinMs: number;
  #waiting: Asked[] = [];
  #received: Buffer = Buffer.alloc(0);

  constructor(address: string, answerWithinMs: number) {
    const { hostname, port, host } = new URL(address);
    this.#host = host;
    this.#answerWithinMs = answerWithinMs;
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the hub closed the connection before it answered')));
  }

  /** Rejects when there is no answer in time: the hub hangs. */
  post({ path, headers, body }: WireRequest): Promise<WireAnswer> {
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: ${this.#host}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${body.byteLength}`,
    ];
    return new Promise((answered, failed) => {
      const timer = setTimeout(() => {
        this.#fail(new Error(`no answer within ${this.#answerWithinMs} ms`));
        this.#socket.destroy();
      }, this.#answerWithinMs);
      this.#waiting.push({ answered, failed, timer });
      this.#socket.write(`${head.join('\r\n')}\r\n\r\n`);
      this.#socket.write(body);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let read = readAnswer(this.#received); read !== null; read = readAnswer(this.#received)) {
      this.#received = this.#received.subarray(read.bytes);
      const asked = this.#waiting.shift();
      if (asked === undefined) {
        this.#socket.destroy(new Error('the hub answered what nobody asked'));
        return;
      }
      clearTimeout(asked.timer);
      asked.answered(read.answer);
    }
  }

  #fail(error: Error): void {
    for (const { failed, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      failed(error);
    }
  }
}

/** null: not all of it is here yet. */
function readAnswer(bytes: Buffer): { readonly answer: WireAnswer; readonly bytes: number } | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(statusLine.split(' ')[1]);
  // The hub knows the length of every answer to a POST; 204 has none.
  const length = headers.get('content-length') ?? (status === 204 ? '0' : undefined);
  if (length === undefined) throw new Error(`an answer without Content-Length: ${statusLine}`);
  const start = headEnd + HEAD_END.length;
  const end = start + Number(length);
  if (bytes.length < end) return null;
  return { answer: { status, headers, body: bytes.subarray(start, end).toString() }, bytes: end };
}
