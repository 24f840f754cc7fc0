/**
 * A process that asks a hub over keep-alive sockets, as cheaply as Node can: it shares the machine's cores with the hub
 * that it measures. Bodies come from templates, answers are searched for four things and thrown away.
 */
import { type Answer, Connection } from './connection.ts';
import type { LoadOrder, LoadPlan, LoadResult } from './load-plan.ts';
import { epochMs, startStopwatch } from './stopwatch.ts';
import { EventSource } from './workload.ts';

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
