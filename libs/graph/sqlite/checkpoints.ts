/**
 * When what the journal holds goes into the file, and who copies it.
 *
 * By itself the commit that fills the journal does, and waits for the disk meanwhile. With a copier beside the writer, the bulk
 * is copied and synced while commits go on. A journal begins anew only when it is in the file whole, which never happens beside a
 * writer that doesn't rest: once it is long enough, the writer copies the few pages that came meanwhile.
 * ```
 * journal  ▁▂▃▄▅▆▇█████▁▂▃▄▅▆▇██
 * copier      ├───┤├──┤   ├───┤
 * writer                ┴ the rest
 * ```
 */
import type { Database } from './database.ts';

export interface Copier {
  /** Copies and syncs what the journal holds, or most of it. */
  copy(): Promise<void>;
}

/** Pages of 4 KiB. */
const PER_MEBIBYTE = 256;
const PASS_MEBIBYTES = 16;
/** Where a copier can't keep up, the commit copies after all. */
const SLACK = 4;

export class Checkpoints {
  readonly #db: Database;
  #copier: Copier | null = null;
  #copying: Promise<void> | null = null;
  /** Pages that wait to be copied by the time that copying begins. */
  #pass = 0;
  /** Up to here the copier came last, be it that a reader kept it from copying. */
  #tried = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  copyBeside(copier: Copier): void {
    this.#copier = copier;
  }

  /** Before a transaction: so long may the journal get, about. */
  keepBelow(mebibytes: number): void {
    if (this.#copier === null) {
      this.#db.checkpointEach(mebibytes);
      return;
    }
    this.#pass = Math.min(mebibytes, PASS_MEBIBYTES) * PER_MEBIBYTE;
    this.#db.checkpointEach(SLACK * mebibytes);
  }

  /** After a transaction. */
  committed(): void {
    if (this.#copier === null || this.#copying !== null) return;
    const { pages, copied } = this.#db.journal();
    if (pages < this.#tried) this.#tried = 0;
    if (pages - Math.max(copied, this.#tried) < this.#pass) return;
    this.#copying = this.#copy(this.#copier).finally(() => {
      this.#copying = null;
    });
  }

  /** Waits for what is being copied. */
  async rest(): Promise<void> {
    await this.#copying;
  }

  async #copy(copier: Copier): Promise<void> {
    try {
      await copier.copy();
      this.#finish();
    } catch {
      // No thread, or no room on the disk: the commit that fills the journal copies it, and says what is wrong.
      this.#tried = this.#db.journal().pages;
    }
  }

  /** The next transaction begins the journal anew, if nobody reads in it. */
  #finish(): void {
    const { pages, copied } = this.#db.journal();
    this.#tried = pages;
    if (pages > copied && pages - copied < this.#pass && pages >= 2 * this.#pass) this.#db.checkpoint();
  }
}
