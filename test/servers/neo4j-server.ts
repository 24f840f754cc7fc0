import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'neo4j.sh');
const PORT = process.env.NEO4J_PORT ?? '7697';

/** Calls the script of the server. @returns its URI, where it starts */
export async function neo4jServer(...words: readonly ('start' | '--fresh' | 'stop' | 'crash')[]): Promise<string> {
  const env = { ...process.env, NEO4J_PORT: PORT };
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], { env });
  return stdout.trim().replace('NEO4J_URI=', '');
}
