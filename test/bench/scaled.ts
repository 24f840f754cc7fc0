/** The scaled size on real servers: `NEO4J_URI` and `REDIS_URL` name a Neo4j and a Redis that may be emptied. */
import type { Bench } from './bench.ts';
import { scaledApply } from './scaled-apply.ts';
import { scaledIngest } from './scaled-ingest.ts';
import { inScratch } from './scratch.ts';
import { UsageError } from './sizes.ts';

export const scaled: Bench = {
  name: 'scaled',
  about: 'the scaled size against a bare UNWIND … MERGE loop, by workers (NEO4J_URI, REDIS_URL: they are emptied)',
  asked: true,
  run: (context) =>
    inScratch(async (folder) => {
      const { NEO4J_URI: neo4j, REDIS_URL: redis } = process.env;
      if (neo4j === undefined || redis === undefined)
        throw new UsageError('scaled needs NEO4J_URI and REDIS_URL: it empties them');
      const loops = await scaledApply(neo4j, folder, context);
      await scaledIngest({ neo4j, redis }, folder, loops, context);
    }),
};
