import type { Report } from './figure.ts';
import type { Sizes } from './sizes.ts';

export interface BenchContext {
  readonly sizes: Sizes;
  readonly keep: string | null;
  readonly report: Report;
}

export interface Bench {
  readonly name: string;
  /** One line, for the list of benches. */
  readonly about: string;
  /** Runs only where it is named: it needs more than this machine has by itself. */
  readonly asked?: true;
  run(context: BenchContext): Promise<void>;
}
