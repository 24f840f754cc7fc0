/** The thread that owns the event log's file. All calls that wait when a turn begins share one transaction. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { copyEventLog, EventLogFile, type Write } from './event-log-file.ts';
import type { Answer, Call, Failure, Opened, Reply, Request, WorkerTask } from './event-log-messages.ts';
import { StorageError } from './storage-error.ts';

/** UTF-16 units: what one transaction takes at most, so that the first caller doesn't wait for all who came after. */
const COMMIT_UNITS = 8 * 1024 * 1024;

if (parentPort === null) throw new Error('event-log-worker runs as a worker thread, started by SqliteEventLog');
await run(parentPort, workerData as WorkerTask);

async function run(port: MessagePort, task: WorkerTask): Promise<void> {
  try {
    if (task.task === 'copy') {
      await copyEventLog(task.source, task.target);
    } else {
      serve(port, await EventLogFile.open(task.options));
    }
    port.postMessage({ opened: true } satisfies Opened);
  } catch (error) {
    port.postMessage({ opened: false, failure: failureOf(error) } satisfies Opened);
  }
}

function serve(port: MessagePort, file: EventLogFile): void {
  port.on('message', (first: readonly Call[]) => {
    const calls = [...first];
    let units = unitsOf(first);
    while (units < COMMIT_UNITS) {
      const next = receiveMessageOnPort(port) as { message: readonly Call[] } | undefined;
      if (next === undefined) break;
      calls.push(...next.message);
      units += unitsOf(next.message);
    }
    port.postMessage(answer(file, calls));
    // Nothing follows a close: the main side sends it last.
    if (calls.some((call) => call.request.kind === 'close')) port.close();
  });
}

function answer(file: EventLogFile, calls: readonly Call[]): Answer[] {
  // Writes first: whoever reads in the same turn has no claim to see an older state.
  const writing = calls.filter((call) => isWrite(call.request));
  const answers = writing.length === 0 ? [] : commit(file, writing);
  for (const { id, request } of calls) {
    if (isWrite(request)) continue;
    try {
      answers.push({ id, reply: perform(file, request) });
    } catch (error) {
      answers.push({ id, failure: failureOf(error) });
    }
  }
  return answers;
}

function commit(file: EventLogFile, calls: readonly Call[]): Answer[] {
  try {
    const results = file.commit(calls.map((call) => call.request).filter(isWrite));
    return calls.map(({ id }, i) => ({ id, reply: results[i] ?? [] }));
  } catch (error) {
    const failure = failureOf(error);
    return calls.map(({ id }) => ({ id, failure }));
  }
}

function perform(file: EventLogFile, request: Exclude<Request, Write>): Reply {
  switch (request.kind) {
    case 'read':
      return file.read(request.after, request.limit);
    case 'find':
      return file.find(request.hashes);
    case 'head':
      return file.head();
    case 'byTime':
      return file.byTime(request.query);
    case 'countTimes':
      return file.times.count(request.after, request.before);
    case 'countTypes':
      return file.times.countTypes(request.from, request.to);
    case 'refusals':
      return file.refusals(request.first, request.after);
    case 'refusal':
      return file.refusal(request.ids);
    case 'dropRefusals':
      file.dropRefusals(request.ids);
      return undefined;
    case 'prune':
      return file.prune(request.before);
    case 'close':
      file.close();
      return undefined;
  }
}

function isWrite(request: Request): request is Write {
  return request.kind === 'append' || request.kind === 'refuse';
}

function unitsOf(calls: readonly Call[]): number {
  let units = 0;
  for (const { request } of calls) {
    if (request.kind === 'append') for (const event of request.events) units += event.body.length;
    else if (request.kind === 'refuse') for (const one of request.refusals) units += one.body?.length ?? 0;
  }
  return units;
}

function failureOf(error: unknown): Failure {
  if (error instanceof StorageError) return { code: error.code, message: error.message };
  return { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
