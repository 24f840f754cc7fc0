/** One Neo4j for all suites of servers, on a port of its own; where it can't start, they have failed. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'neo4j.sh');
const PORT = process.env.NEO4J_PORT ?? '7697';

function neo4j(...words: readonly string[]): string {
  return execFileSync('bash', [SCRIPT, ...words], {
    encoding: 'utf8',
    env: { ...process.env, NEO4J_PORT: PORT },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export default function start(): () => void {
  process.env.NEO4J_URI = neo4j('start', '--fresh').trim().replace('NEO4J_URI=', '');
  return () => {
    neo4j('stop');
  };
}
