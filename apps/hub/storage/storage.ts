import type { EventLog, GraphStore } from '#lineage';
import type { Together } from '#pipeline';
import type { DecisionStore } from '#rules';
import type { Keeping } from '../hub-parts.ts';
import type { RulesTogether } from '../rules/start-rules.ts';
import type { ServerWatch } from './server-watch.ts';

/** What the hub keeps things in, of either size. */
export interface Storage {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly decisions: DecisionStore;
  /** null: log and graph are this process's alone. */
  readonly together: Together | null;
  /** null: decisions and deliveries are this process's alone. */
  readonly rulesTogether: RulesTogether | null;
  /** null: there are no servers to watch. */
  readonly servers: ServerWatch | null;
  readonly keeping: Keeping;
}

/** What is to be closed at the end, newest last. */
export type Open = (() => Promise<void> | void)[];
