/** What is done to a graph's file on a thread of its own, beside its writer: the walk of an export, and a copy. */
import { DEFAULT_FLOW_LIMITS, type ExportOptions } from '#lineage';
import type { GraphWorkerData } from './graph-messages.ts';
import { GraphThread } from './graph-thread.ts';

const EXPORT_CHUNK = 500;

/** Lines of one state of the graph, whatever is written meanwhile. */
export async function* exportFile(
  folder: string,
  { mutations = false, rows = false }: ExportOptions = {},
): AsyncIterable<string> {
  const thread = await GraphThread.start({ ...asked(folder, folder, 'export', mutations), rows });
  try {
    for (;;) {
      const lines = await thread.ask({ op: 'lines', count: EXPORT_CHUNK });
      yield* lines;
      if (lines.length < EXPORT_CHUNK) return;
    }
  } finally {
    await thread.close();
  }
}

/**
 * Copying a large file would hold its writer up for as long.
 * @param people the folder of what people said
 * @param to an existing empty folder
 */
export async function copyFile(folder: string, people: string, to: string): Promise<void> {
  const thread = await GraphThread.start(asked(folder, people, 'copy', false));
  try {
    await thread.ask({ op: 'backup', folder: to });
  } finally {
    await thread.close();
  }
}

function asked(folder: string, people: string, mode: GraphWorkerData['mode'], mutations: boolean): GraphWorkerData {
  return { folder, limits: DEFAULT_FLOW_LIMITS, aliases: [], people, mutations, mode };
}
