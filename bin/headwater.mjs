#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

// Node 22 and later keep compiled modules between starts; loading them is most of what a start takes.
nodeModule.enableCompileCache?.();

const main = new URL('../dist/bundle/headwater.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'Headwater is not built yet. Run "npm ci && npm run build" in its folder, or "npm start", which builds first.\n',
  );
  process.exitCode = 1;
}
