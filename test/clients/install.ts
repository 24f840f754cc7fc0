import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Installs what a client's script installs (quick when it is there), and gives what it prints as KEY=value lines. */
export function installClient(script: 'python.sh' | 'java.sh'): Readonly<Record<string, string>> {
  const path = join(import.meta.dirname, '..', 'services', script);
  const printed = execFileSync('bash', [path, 'install'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return Object.fromEntries(
    printed
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
