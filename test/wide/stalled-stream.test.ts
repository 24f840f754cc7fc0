/** A stream that stalls → the embedded hub → a real HTTP receiver that verifies signatures. */
import { stalledStreamStory } from '../e2e/stalled-stream-story.ts';
import { startTestHub } from '../harness.ts';

stalledStreamStory('embedded', 15, async (env) => {
  const hub = await startTestHub({ env });
  return { hub, stop: () => hub.stop() };
});
