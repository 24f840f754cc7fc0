/** `rolldown -c` without its line for each file: `npm start` shows the hub's own lines. */
import { build } from 'rolldown';
import { loadConfig } from 'rolldown/config';

await build({ ...(await loadConfig('rolldown.config.ts')), logLevel: 'warn' });
