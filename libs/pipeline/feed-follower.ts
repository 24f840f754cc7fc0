import type { Change, GraphReader } from '#lineage';
import { feedHead } from './react/feed-position.ts';

export interface FeedFollowerParts {
  readonly reader: GraphReader;
  readonly onChanges: (changes: readonly Change[]) => void;
}

const PAGE = 500;
const ANY = { kinds: null, subjects: null, since: null, breaking: null } as const;

/** Tells the changes of the feed, whichever process made them, in their order and each once. */
export class FeedFollower {
  readonly #parts: FeedFollowerParts;
  /** The last sequence that was told. */
  #told = 0;
  #reading: Promise<void> | null = null;
  #again = false;
  #following = false;

  constructor(parts: FeedFollowerParts) {
    this.#parts = parts;
  }

  /** From the feed's end on. Rejects when it can't be read. */
  async start(): Promise<void> {
    this.#told = (await feedHead(this.#parts.reader, 0)).sequence;
    this.#following = true;
  }

  /** Reads on. What fails is read at the next call. */
  look(): void {
    if (!this.#following) return;
    this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
  }

  async stop(): Promise<void> {
    this.#following = false;
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#again && this.#following) {
      this.#again = false;
      try {
        const { items } = await this.#parts.reader.changes({ ...ANY, first: PAGE, after: String(this.#told) });
        const last = items.at(-1);
        if (last === undefined || !this.#following) continue;
        this.#told = last.sequence;
        this.#parts.onChanges(items);
        if (items.length === PAGE) this.#again = true;
      } catch {
        // The store's absence is told by who looks for the position; the next call reads from here.
        return;
      }
    }
  }
}
