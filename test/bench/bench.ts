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
  run(context: BenchContext): Promise<void>;
}
