/** A process that sends events at a steady rate, and is the receiver of the webhooks that they lead to: one clock for both. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Connection } from './connection.ts';
import { hotTable, type ReactionOrder, type ReactionPlan, type ReactionReply } from './reaction-plan.ts';
import { startStopwatch } from './stopwatch.ts';
import { EventSource } from './workload.ts';

const RUN = /019cb000-0000-7000-8000-([0-9a-f]{12})/;
/** Webhooks that are not there by then don't come. */
const LAST_WITHIN_MS = 30_000;

/** By the number of the event, ms. */
const arrived = new Map<number, number>();

const receiver = createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1');
  request.on('data', (piece: string) => {
    body += piece;
  });
  request.on('end', () => {
    const number = RUN.exec(body)?.[1];
    // An attempt that is made again doesn't count.
    if (number !== undefined && !arrived.has(Number.parseInt(number, 16)))
      arrived.set(Number.parseInt(number, 16), performance.now());
    response.writeHead(204).end();
  });
});

async function run(plan: ReactionPlan): Promise<ReactionReply> {
  const source = new EventSource(plan.workload);
  for (let i = 0; i < plan.workload.jobs; i++) source.text(plan.from + i);
  const free = Array.from({ length: plan.connections }, () => new Connection(plan.port));
  const waiting: (() => void)[] = [];
  const due = new Map<number, number>();
  const answers: number[] = [];
  const stopwatch = startStopwatch();
  const began = performance.now();

  const send = async (i: number): Promise<void> => {
    const at = began + (i * 1000) / plan.rate;
    const isWanted = i % plan.every === 0;
    const number = plan.from + i;
    if (isWanted) due.set(number, at);
    const body = isWanted ? wanted(number, i / plan.every, plan.rules) : source.text(number);
    while (free.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    const connection = free.pop();
    if (connection === undefined) throw new Error('no socket is free');
    const { status, body: said } = await connection.ask(
      `POST /api/v1/lineage HTTP/1.1\r\nHost: 127.0.0.1:${plan.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    if (status !== 201) throw new Error(`event ${i} was not taken: ${status} ${said.slice(0, 300)}`);
    answers.push(performance.now() - at);
    free.push(connection);
    waiting.shift()?.();
  };

  const under: Promise<void>[] = [];
  for (let i = 0; i < plan.count; i++) {
    const wait = began + (i * 1000) / plan.rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(send(i));
  }
  await Promise.all(under);
  for (const end = performance.now() + LAST_WITHIN_MS; arrived.size < due.size && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 5));
  const { ms, cpuMs } = stopwatch();
  for (const connection of free) connection.end();
  const reactions = [...due].map(([number, at]) => (arrived.get(number) ?? Number.NaN) - at).filter((each) => each > 0);
  return { result: { reactions, answers, wanted: due.size, cpuMs, ms } };
}

/** A run that wrote a table that a rule is about; each a table of its own, as what is written twice before it is decided fires once. */
function wanted(number: number, table: number, rules: number): string {
  const dataset = (name: string) => ({ namespace: 'postgres://warehouse.internal:5432', name });
  return JSON.stringify({
    eventType: 'COMPLETE',
    eventTime: new Date().toISOString(),
    producer: 'https://example.com/reaction',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId: `019cb000-0000-7000-8000-${number.toString(16).padStart(12, '0')}` },
    job: { namespace: 'reaction', name: `build_${table}` },
    inputs: [dataset(`raw.table_${table}`)],
    outputs: [dataset(hotTable(table % rules, table))],
  });
}

const reply = (message: ReactionReply): boolean => process.send?.(message) ?? false;

process.on('message', (order: ReactionOrder) => {
  if ('listen' in order) {
    receiver.listen(0, '127.0.0.1', () =>
      reply({ hook: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` }),
    );
    return;
  }
  arrived.clear();
  run(order.plan).then(reply, (error: unknown) => {
    process.stderr.write(`the client failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
