/** A store that keeps what it promises about positions, and what it was asked; not a graph. For tests of what applies events. */
import type { ApplyResult, Change, GraphStore, LoggedEvent } from '#lineage';

export class PositionStore implements GraphStore {
  readonly batches: number[][] = [];
  readonly held: LoggedEvent[] = [];
  position = 0;
  /** Thrown by the next calls of apply, one each. */
  failures: Error[] = [];
  /** apply waits for it. */
  gate: Promise<void> = Promise.resolve();
  running = 0;
  prunedBefore: number | null = null;

  applied(): Promise<number> {
    return Promise.resolve(this.position);
  }

  async apply(batch: readonly LoggedEvent[]): Promise<ApplyResult> {
    if (++this.running > 1) throw new Error('two batches at a time');
    try {
      await this.gate;
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      const fresh = batch.filter((event) => event.position > this.position);
      this.batches.push(fresh.map((event) => event.position));
      this.held.push(...fresh);
      this.position = fresh.at(-1)?.position ?? this.position;
      const bad = fresh.filter((event) => event.body.includes('"faulty"'));
      const faults = bad.map(({ position, hash }) => ({ position, hash, reason: 'can not reduce it' }));
      return { changes: fresh.map(changeOf), faults, applied: this.position };
    } finally {
      this.running--;
    }
  }

  prune(before: number, _stop?: { readonly aborted: boolean }): Promise<{ readonly runs: number }> {
    this.prunedBefore = before;
    return Promise.resolve({ runs: 3 });
  }

  tick(): Promise<readonly Change[]> {
    return Promise.resolve([]);
  }

  backup(): Promise<void> {
    return Promise.reject(new Error('not a graph'));
  }

  reader(): never {
    throw new Error('not a graph');
  }

  export(): never {
    throw new Error('not a graph');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function changeOf(event: LoggedEvent): Change {
  const rest = { breaking: null, corrected: false, before: null, after: null };
  return { sequence: event.position, kind: 'node.added', subject: event.hash, at: 0, seen: 0, text: 'added', ...rest };
}
