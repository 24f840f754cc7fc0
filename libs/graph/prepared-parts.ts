/** What was prepared in a worker's file, part by part, as often as a commit is tried. */
import type { GraphThread } from './graph-thread.ts';
import type { PartRows } from './neo4j/part-rows.ts';

/**
 * The file works out a part ahead: while one is on its way to the server, the next is made.
 * To be read to its end, or not at all, before the file settles or drops what is prepared.
 */
export class PreparedParts implements AsyncIterable<PartRows> {
  readonly #file: GraphThread;
  readonly #asked: Promise<PartRows | null>[] = [];

  constructor(file: GraphThread) {
    this.#file = file;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<PartRows> {
    for (let i = 0; ; i++) {
      const part = await this.#part(i);
      if (part === null) return;
      this.#part(i + 1);
      yield part;
    }
  }

  #part(i: number): Promise<PartRows | null> {
    const held = this.#asked[i];
    if (held !== undefined) return held;
    const asked = this.#file.ask({ op: 'part' });
    // Whoever comes to it is told; if the commit failed before, nobody does.
    asked.catch(() => undefined);
    this.#asked[i] = asked;
    return asked;
  }
}
