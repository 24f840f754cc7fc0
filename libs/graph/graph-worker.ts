/** A thread of the graph: the one writer, the walk of one export, reads of whole tables, or one copy. Requests are answered in the order in which they come. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { CheckpointThread } from './checkpoint-thread.ts';
import type { GraphAnswers, GraphRequest, GraphResponse, GraphWorkerData } from './graph-messages.ts';
import { partRows } from './neo4j/part-rows.ts';
import { copyGraph } from './sqlite/copy-graph.ts';
import { Database } from './sqlite/database.ts';
import { GRAPH_FILE, GraphFile } from './sqlite/graph-file.ts';
import { GraphReplica } from './sqlite/graph-replica.ts';
import { Exporter } from './sqlite/read/exporter.ts';
import { SqliteGraphReader } from './sqlite/read/sqlite-graph-reader.ts';
import { asStorageFault } from './sqlite/storage-fault.ts';

interface Server {
  answer(request: GraphRequest): GraphAnswers[keyof GraphAnswers] | Promise<unknown>;
  close(): void | Promise<void>;
}

const { folder, limits, aliases, people, mutations, rows = false, saidAfter, mode } = workerData as GraphWorkerData;

function writer(): Server {
  const file = new GraphFile(folder, limits, aliases, people);
  const copier = new CheckpointThread(join(folder, GRAPH_FILE));
  file.checkpoints.copyBeside(copier);
  return {
    answer(request) {
      switch (request.op) {
        case 'apply':
          return file.apply(request.events, request.now);
        case 'tick':
          return file.tick(request.now);
        case 'prune':
          return file.pruneStep(request.before, request.after);
        case 'merge':
          return file.merge(request.request);
        case 'split':
          return file.split(request.request);
        case 'remark':
          return file.words.remark(request.request);
        case 'removeRemark':
          return file.words.removeRemark(request.request);
        case 'expect':
          file.expectRuns(request.declared);
          return null;
        case 'figures':
          return { rederived: file.rederived };
        default:
          throw new Error(`the writer doesn't know ${request.op}`);
      }
    },
    async close() {
      await file.checkpoints.rest();
      file.close();
      await copier.close();
    },
  };
}

function replica(): Server {
  const file = new GraphReplica(folder, limits, saidAfter);
  return {
    answer(request) {
      switch (request.op) {
        case 'position':
          return file.position();
        case 'follow':
          file.follow(request.step, request.events, request.commit);
          return null;
        case 'prepare':
          return file.prepare(request.step, request.events);
        case 'part': {
          const part = file.part();
          return part === null ? null : partRows(part);
        }
        case 'settle':
          file.settle(request.commit);
          return null;
        case 'load':
          file.load(request.lines);
          return null;
        case 'loaded':
          file.loaded(request.commit);
          return null;
        case 'drop':
          file.drop();
          return null;
        default:
          throw new Error(`a replica doesn't know ${request.op}`);
      }
    },
    close: () => file.close(),
  };
}

function exporter(): Server {
  const db = new Database(join(folder, GRAPH_FILE), { readOnly: true });
  // One transaction from the first line to the last: the export is of one state, whatever is applied meanwhile.
  db.exec('BEGIN');
  const lines = new Exporter(db).lines({ mutations, rows })[Symbol.iterator]();
  return {
    answer(request) {
      if (request.op !== 'lines') throw new Error(`an export doesn't know ${request.op}`);
      const chunk: string[] = [];
      while (chunk.length < request.count) {
        const next = lines.next();
        if (next.done === true) break;
        chunk.push(next.value);
      }
      return chunk;
    },
    close: () => db.close(),
  };
}

function scanner(): Server {
  // What was scanned is seldom asked for again: it needs few pages of its own.
  const db = new Database(join(folder, GRAPH_FILE), { readOnly: true, cacheKiB: 8192 });
  const reader = new SqliteGraphReader(db, limits);
  return {
    answer(request) {
      if (request.op !== 'scan') throw new Error(`a scan doesn't know ${request.op}`);
      const method: (...args: never[]) => Promise<unknown> = reader[request.method];
      return method.apply(reader, [...request.args] as never[]);
    },
    close: () => db.close(),
  };
}

function copier(): Server {
  return {
    answer(request) {
      if (request.op !== 'backup') throw new Error(`a copy doesn't know ${request.op}`);
      copyGraph(folder, request.folder, people);
      return null;
    },
    close: () => undefined,
  };
}

const SERVERS = { write: writer, export: exporter, scan: scanner, copy: copier, replica } as const;

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs as a worker thread');
  const respond = (response: GraphResponse): void => port.postMessage(response);
  let server: Server;
  try {
    server = SERVERS[mode]();
  } catch (error) {
    respond({ id: 0, ok: false, ...asMessage(asStorageFault(error, join(folder, GRAPH_FILE))) });
    return;
  }
  respond({ id: 0, ok: true, answer: null });
  const answer = async (request: GraphRequest): Promise<void> => {
    try {
      if (request.op === 'close') {
        await server.close();
        respond({ id: request.id, ok: true, answer: null });
        port.close();
        return;
      }
      respond({ id: request.id, ok: true, answer: await server.answer(request) });
    } catch (error) {
      respond({ id: request.id, ok: false, ...asMessage(error) });
    }
  };
  port.on('message', (request: GraphRequest) => void answer(request));
}

function asMessage(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

serve();
