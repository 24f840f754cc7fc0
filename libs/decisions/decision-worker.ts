/** The thread of `decisions.db`: each commit waits for the disk, and nobody who answers HTTP should wait with it. */
import { parentPort, workerData } from 'node:worker_threads';
import { DecisionFile } from './decision-file.ts';
import type { DecisionCall, DecisionReply } from './decision-messages.ts';

if (parentPort === null) throw new Error('decision-worker runs as a worker thread, started by SqliteDecisionStore');
const port = parentPort;
const respond = (reply: DecisionReply): void => port.postMessage(reply);

function perform(file: DecisionFile, call: DecisionCall): unknown {
  switch (call.op) {
    case 'state':
      return file.state();
    case 'commit':
      return file.commit(call.commit);
    case 'attempted':
      return file.attempted(call.delivery, call.attempt);
    case 'redeliver':
      return file.redeliver(call.delivery, call.now);
    case 'keepNote':
      return file.keepNote(call.name, call.text);
    case 'prune':
      return file.prune(call.before);
    case 'backup':
      return file.backup(call.folder);
    case 'guards':
      return file.reads.guards(call.wanted);
    case 'due':
      return file.reads.due(call.now, call.first);
    case 'head':
      return file.reads.head(call.lane);
    case 'decisions':
      return file.reads.decisions(call.query);
    case 'decision':
      return file.reads.decision(call.ids);
    case 'deliveries':
      return file.reads.deliveries(call.decisions);
    case 'starters':
      return file.reads.starters(call.since, call.most);
    case 'askedFor':
      return file.reads.askedFor(call.deliveries);
    case 'lastFired':
      return file.reads.lastFired(call.rules);
    case 'incidents':
      return file.reads.incidents(call.query);
    case 'incident':
      return file.reads.incident(call.ids);
    case 'note':
      return file.reads.note(call.name);
    case 'close':
      return file.close();
  }
}

function serve(): void {
  let file: DecisionFile;
  try {
    file = new DecisionFile(String(workerData));
  } catch (error) {
    respond({ id: 0, ok: false, ...said(error) });
    return;
  }
  respond({ id: 0, ok: true, answer: null });
  port.on('message', ({ id, call }: { readonly id: number; readonly call: DecisionCall }) => {
    try {
      respond({ id, ok: true, answer: perform(file, call) });
    } catch (error) {
      respond({ id, ok: false, ...said(error) });
    }
    if (call.op === 'close') port.close();
  });
}

const SQLITE_FULL = 13;

/** By the driver's code: a full disk is no defect, and the next try may be better. */
function said(error: unknown): { readonly name: string; readonly message: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  if (!('errcode' in error)) return { name: error.name, message: error.message };
  const full = (Number(error.errcode) & 0xff) === SQLITE_FULL;
  return full
    ? { name: 'StorageFull', message: 'no room left to write decisions.db: free disk space' }
    : { name: 'StorageFailed', message: `decisions.db: ${error.message}: check the disk and the folder's rights` };
}

serve();
