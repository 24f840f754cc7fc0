import type { EventLog, GraphStore } from '#lineage';
import type { Together } from '#pipeline';
import type { DecisionStore } from '#rules';
import type { Keeping } from '../hub-parts.ts';
import type { ServerWatch } from './server-watch.ts';

/** What the hub keeps things in, of either size. */
export interface Storage {
  readonly log: EventLog;
  readonly store: GraphStore;
  /** null: rules are not at work on this size. */
  readonly decisions: DecisionStore | null;
  /** null: log and graph are this process's alone. */
  readonly together: Together | null;
  /** null: there are no servers to watch. */
  readonly servers: ServerWatch | null;
  readonly keeping: Keeping;
}

/** What is to be closed at the end, newest last. */
export type Open = (() => Promise<void> | void)[];
