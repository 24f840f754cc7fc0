/**
 * A process that asks a hub over keep-alive sockets, as cheaply as Node can: it shares the machine's cores with the hub
 * that it measures. Bodies come from templates, answers are searched for four things and thrown away.
 */
import { connect, type Socket } from 'node:net';
import type { LoadOrder, LoadPlan, LoadResult } from './load-plan.ts';
import { epochMs, startStopwatch } from './stopwatch.ts';
import { EventSource } from './workload.ts';

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const END_OF_HEAD = '\r\n\r\n';

/** One socket; one request at a time. */
class Connection {
  readonly #socket: Socket;
  #received = '';
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null = null;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    // One character a byte: lengths are in bytes then.
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk: string) => this.#take(chunk));
    const fail = (error?: Error): void => {
      this.#waiting?.reject(error ?? new Error('the hub closed the connection'));
      this.#waiting = null;
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail());
  }

  ask(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#received = this.#received === '' ? chunk : this.#received + chunk;
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const from = end + END_OF_HEAD.length;
    if (this.#received.length < from + length) return;
    const body = this.#received.slice(from, from + length);
    this.#received = this.#received.slice(from + length);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

class Load {
  readonly #plan: LoadPlan;
  readonly #source: EventSource;
  readonly #latencies: number[] = [];
  #next = 0;
  #stopped = false;
  #failed = 0;
  #firstFailure: string | null = null;
  #busy = 0;
  #bytes = 0;
  #position = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#source = new EventSource(plan.workload);
    // Templates are made now and not while the clock runs.
    if (plan.requests.kind === 'events')
      for (let i = 0; i < 4 * plan.workload.jobs; i++) this.#source.text(plan.from + i);
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<LoadResult> {
    const connections = Array.from({ length: this.#plan.connections }, () => new Connection(this.#plan.port));
    const began = epochMs();
    const stopwatch = startStopwatch();
    await Promise.all(connections.map((connection) => this.#drive(connection)));
    const { cpuMs } = stopwatch();
    const ended = epochMs();
    for (const connection of connections) connection.end();
    return {
      sent: this.#latencies.length,
      failed: this.#failed,
      firstFailure: this.#firstFailure,
      busy: this.#busy,
      began,
      ended,
      cpuMs,
      latencies: this.#latencies,
      bytesSent: this.#bytes,
      position: this.#position,
    };
  }

  async #drive(connection: Connection): Promise<void> {
    const { count } = this.#plan;
    while (!this.#stopped && (count === null || this.#next < count)) {
      const request = this.#request(this.#next++);
      const began = performance.now();
      let answer = await connection.ask(request);
      while (answer.status === 429 && !this.#stopped) {
        this.#busy += 1;
        const seconds = Number(/\r\nretry-after: *(\d+)/i.exec(answer.head)?.[1] ?? 1);
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        answer = await connection.ask(request);
      }
      this.#latencies.push(performance.now() - began);
      this.#check(answer);
    }
  }

  #check({ status, head, body }: Answer): void {
    const hoped =
      this.#plan.requests.kind === 'events' ? status === 201 : status === 200 && !body.includes('"errors":');
    if (!hoped) {
      this.#failed += 1;
      this.#firstFailure ??= `${status} ${body.slice(0, 300)}`;
    }
    const position = /\r\nheadwater-position: *(\d+)/i.exec(head)?.[1];
    if (position !== undefined) this.#position = Math.max(this.#position, Number(position));
  }

  #request(number: number): string {
    const { requests, from, port } = this.#plan;
    const body = this.#body(from + number);
    this.#bytes += body.length;
    const path = requests.kind === 'events' ? '/api/v1/lineage' : '/graphql';
    return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  #body(number: number): string {
    const { requests } = this.#plan;
    if (requests.kind === 'events') return this.#source.text(number);
    const { query, ids } = requests;
    return JSON.stringify({ query, variables: { id: ids[number % ids.length] } });
  }
}

let load: Load | null = null;
process.on('message', (order: LoadOrder) => {
  if ('stop' in order) {
    load?.stop();
    return;
  }
  load = new Load(order.plan);
  load.run().then(
    (result) => process.send?.(result, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`the load generator failed: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
