import type { Logger } from 'pino';
import { isScaled, type Settings } from '../config/settings.ts';
import type { Open, Storage } from './storage.ts';

/** @throws StartupError; what is open by then is in `open` */
export async function openStorage(settings: Settings, logger: Logger, open: Open): Promise<Storage> {
  // Each loads only what it needs.
  if (isScaled(settings)) return (await import('./open-scaled.ts')).openScaled(settings, logger, open);
  return (await import('./open-embedded.ts')).openEmbedded(settings, logger, open);
}
