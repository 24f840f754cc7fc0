import type { Logger } from 'pino';
import type { EventLog, GraphStore } from '#lineage';
import type { Together } from '#pipeline';
import type { DecisionStore } from '#rules';
import { isScaled, type Settings } from '../config/settings.ts';
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

/** @throws StartupError; what is open by then is in `open` */
export async function openStorage(settings: Settings, logger: Logger, open: Open): Promise<Storage> {
  // Each loads only what it needs.
  if (isScaled(settings)) return (await import('./open-scaled.ts')).openScaled(settings, logger, open);
  return (await import('./open-embedded.ts')).openEmbedded(settings, logger, open);
}
