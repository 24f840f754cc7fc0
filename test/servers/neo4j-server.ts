import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'neo4j.sh');
const PORT = process.env.NEO4J_PORT ?? '7697';

type Word = 'start' | '--fresh' | 'stop' | 'crash';

/** Calls the script of the server. @returns its URI, where it starts */
export async function neo4jServer(...words: readonly Word[]): Promise<string> {
  return (await call(words)).replace('NEO4J_URI=', '');
}

/** Stopped, and started again with another setting, a variable of the script. */
export async function restartNeo4j(setting: Readonly<Record<string, string>> = {}): Promise<void> {
  await call(['stop']);
  await call(['start'], setting);
}

/** Of a server that is stopped. */
export const copyNeo4j = (way: 'backup' | 'restore', folder: string): Promise<string> => call([way, folder]);

async function call(words: readonly string[], setting: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { ...process.env, NEO4J_PORT: PORT, ...setting };
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], { env });
  return stdout.trim();
}
