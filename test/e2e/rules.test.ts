/** Rule files → the embedded hub → a real HTTP receiver that verifies signatures. */
import { startTestHub } from '../harness.ts';
import { rulesStory } from './rules-story.ts';

rulesStory('embedded', '4s', async (env) => {
  const hub = await startTestHub({ env });
  return { hub, stop: () => hub.stop() };
});
