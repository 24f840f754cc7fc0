import type { LoggedEvent, Viewer } from '#lineage';
import { graphReaderContract } from '../contracts/graph-reader.ts';
import { PublishedGraph } from './published-graph.ts';

graphReaderContract('Neo4j', {
  make: async (now) => {
    const graph = await PublishedGraph.make();
    const store = {
      apply: (batch: readonly LoggedEvent[]) => graph.apply(batch, now()),
      export: () => graph.export(),
      reader: (viewer: Viewer) => graph.reader(viewer),
    };
    return { store, remove: () => graph.remove() };
  },
  histories: { runs: 4, length: 30 },
});
