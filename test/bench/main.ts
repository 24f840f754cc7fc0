/** `npm run bench -- [NAME…] [--quick]`: measures, and prints a line of JSON for each figure. */
import { mkdirSync } from 'node:fs';
import { apply } from './apply.ts';
import type { Bench } from './bench.ts';
import { breach } from './breach.ts';
import { continuous } from './continuous.ts';
import { rounded } from './figure.ts';
import { flatness } from './flatness.ts';
import { footprint } from './footprint.ts';
import { freshness } from './freshness.ts';
import { ingest } from './ingest.ts';
import { lineage } from './lineage.ts';
import { lineageNeo4j } from './lineage-neo4j.ts';
import { neighbours } from './neighbours.ts';
import { reaction } from './reaction.ts';
import { rules } from './rules.ts';
import { scaled } from './scaled.ts';
import { readCommand, UsageError } from './sizes.ts';

const BENCHES: readonly Bench[] = [
  ingest,
  apply,
  flatness,
  lineage,
  lineageNeo4j,
  neighbours,
  footprint,
  continuous,
  rules,
  reaction,
  freshness,
  breach,
  scaled,
];

async function main(): Promise<void> {
  const { names, sizes, keep } = readCommand(process.argv.slice(2), process.env);
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    const known = BENCHES.map(({ name, about }) => `  ${name.padEnd(12)}${about}`);
    throw new UsageError(`there is no bench "${unknown}":\n${known.join('\n')}`);
  }
  if (keep !== null) mkdirSync(keep, { recursive: true });
  const chosen = BENCHES.filter(({ name, asked }) => names.includes(name) || (names.length === 0 && asked !== true));
  for (const bench of chosen) {
    await bench.run({
      sizes,
      keep,
      report: (figure) => process.stdout.write(`${JSON.stringify({ ...figure, value: rounded(figure.value) })}\n`),
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
