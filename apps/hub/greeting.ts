import { firstCommands } from './first-event.ts';
import type { RunningHub } from './hub.ts';

/** What `headwater serve` says once it is ready. */
export function greeting(hub: Pick<RunningHub, 'address' | 'version' | 'keeping' | 'keyed' | 'data'>): string {
  const commands = firstCommands(hub.address, hub.keyed);
  return `Headwater ${hub.version} listens on ${hub.address}

  store   ${hub.keeping.store}, in ${hub.data}
  queue   ${hub.keeping.queue}; ${hub.keeping.durability}
  access  ${hub.keyed ? 'with keys' : 'this machine only, without keys'}

Send a first event:

  ${commands.send}

Ask for its lineage:

  ${commands.ask}
`;
}
