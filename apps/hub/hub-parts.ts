import type { Logger } from 'pino';
import type { Clock, EventLog, GraphStore } from '#lineage';
import type { Pipeline } from '#pipeline';
import type { Settings } from './config/settings.ts';
import type { Access } from './keys/access.ts';
import type { RulesAtWork } from './rules/start-rules.ts';
import type { ServerWatch } from './storage/server-watch.ts';

/** How the hub keeps things, in words that a log line and `/health/ready` show. */
export interface Keeping {
  readonly store: string;
  readonly queue: string;
  readonly durability: string;
}

/** What the hub is made of: built once in `hub.ts`, given to everything that answers HTTP. */
export interface HubParts {
  readonly settings: Settings;
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly pipeline: Pipeline;
  readonly rules: RulesAtWork;
  /** null: the embedded size needs none. */
  readonly servers: Pick<ServerWatch, 'states'> | null;
  readonly clock: Clock;
  readonly access: Access;
  readonly logger: Logger;
  readonly version: string;
  readonly keeping: Keeping;
}
