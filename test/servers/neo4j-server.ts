import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HERE } from './places.ts';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'neo4j.sh');
const FIRST_PORT = Number(process.env.NEO4J_PORT ?? 7697);

/** Only the first of Java's two compilers: a server of a few minutes gives the second more than it gets back, half of its work. */
const JDK_JAVA_OPTIONS = '-XX:TieredStopAtLevel=1';

type Word = 'start' | '--fresh' | 'stop' | 'crash';

/** Calls the script of the server. @returns its URI, where it starts */
export const neo4jServer = (...words: readonly Word[]): Promise<string> => neo4jAt(HERE, ...words);

export async function neo4jAt(place: number, ...words: readonly Word[]): Promise<string> {
  return (await call(words, {}, place)).replace('NEO4J_URI=', '');
}

/** Stopped, and started again with another setting, a variable of the script. */
export async function restartNeo4j(setting: Readonly<Record<string, string>> = {}): Promise<void> {
  await call(['stop']);
  await call(['start'], setting);
}

/** Of a server that is stopped. */
export const copyNeo4j = (way: 'backup' | 'restore', folder: string): Promise<string> => call([way, folder]);

async function call(
  words: readonly string[],
  setting: Readonly<Record<string, string>> = {},
  place = HERE,
): Promise<string> {
  const env = { ...process.env, JDK_JAVA_OPTIONS, NEO4J_PORT: String(FIRST_PORT + place), ...setting };
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], { env });
  return stdout.trim();
}
