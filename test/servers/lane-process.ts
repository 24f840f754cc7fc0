/** A process that handles lanes until it is killed: says `begin LANE` and `end LANE`, and takes 300 ms in between. */
import { BullmqJobQueue } from '#queue';

const [url = '', prefix = ''] = process.argv.slice(2);
const queue = await BullmqJobQueue.open({ url, prefix, stalledMs: 1_000, onError: (error) => console.error(error) });
queue.work({
  lanesAtOnce: 2,
  onFailure: (lane, error) => console.error(lane, error),
  handler: async (lane) => {
    console.log(`begin ${lane}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(`end ${lane}`);
    return null;
  },
});
console.log('ready');
