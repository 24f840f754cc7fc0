import { LOCAL_VIEWER, type LoggedEvent } from '#lineage';
import { PublishedGraph } from '../servers/published-graph.ts';
import { marquezReadsContract } from './marquez-reads.ts';

marquezReadsContract('Neo4j', async () => {
  const graph = await PublishedGraph.make();
  return {
    store: { apply: (batch: readonly LoggedEvent[]) => graph.apply(batch, Date.UTC(2026, 0, 1)) },
    reader: () => graph.reader(LOCAL_VIEWER),
    remove: () => graph.remove(),
  };
});
