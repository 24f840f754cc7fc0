/** The scaled size on real servers: `NEO4J_URI` names a Neo4j that may be emptied. */
import type { Bench } from './bench.ts';
import { scaledApply } from './scaled-apply.ts';
import { inScratch } from './scratch.ts';
import { UsageError } from './sizes.ts';

export const scaled: Bench = {
  name: 'scaled',
  about: 'the scaled size against a bare UNWIND … MERGE loop (NEO4J_URI: it is emptied)',
  asked: true,
  run: (context) =>
    inScratch(async (folder) => {
      const uri = process.env['NEO4J_URI'];
      if (uri === undefined) throw new UsageError('scaled needs NEO4J_URI: it empties that database');
      await scaledApply(uri, folder, context);
    }),
};
