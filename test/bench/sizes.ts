/** How much each bench does: the figures of the README come from FULL, `--quick` is for trying a change. */
export interface Sizes {
  readonly ingestConnections: readonly number[];
  readonly ingestJobs: number;
  /** Events before the clock starts: code is compiled, names are known. */
  readonly ingestWarmup: number;
  readonly ingestEvents: number;
  /** At one connection, where each event waits for its own sync of the disk. */
  readonly ingestEventsAlone: number;
  readonly applyJobs: readonly number[];
  readonly applyRuns: number;
  readonly flatRuns: readonly number[];
  readonly lineageNodes: readonly number[];
  readonly lineageQueries: number;
  /** Through a worker, without HTTP, and how many in one commit. */
  readonly scaledEvents: number;
  readonly scaledBatch: readonly number[];
  readonly scaledWorkers: readonly number[];
  readonly neighbours: number;
  readonly memoryDatasets: number;
  readonly memoryColumns: number;
  readonly starts: number;
  readonly continuousDays: number;
  readonly freshnessPolicies: readonly number[];
  /** Policies that only lie in the table of deadlines. */
  readonly freshnessFill: number;
  readonly reactionWarmup: number;
  readonly reactionEvents: number;
}

const FULL: Sizes = {
  ingestConnections: [1, 4, 16],
  ingestJobs: 500,
  ingestWarmup: 4_000,
  ingestEvents: 30_000,
  ingestEventsAlone: 6_000,
  applyJobs: [500, 5_000],
  applyRuns: 20_000,
  flatRuns: [10, 100, 1_000, 10_000, 100_000],
  lineageNodes: [10_000, 100_000, 1_000_000],
  lineageQueries: 1_000,
  scaledEvents: 8_000,
  scaledBatch: [128, 512],
  scaledWorkers: [1, 2, 4],
  neighbours: 100_000,
  memoryDatasets: 100_000,
  memoryColumns: 10,
  starts: 5,
  continuousDays: 30,
  freshnessPolicies: [10, 1_000, 10_000],
  freshnessFill: 1_000_000,
  reactionWarmup: 5_000,
  reactionEvents: 30_000,
};

const QUICK: Sizes = {
  ...FULL,
  ingestJobs: 100,
  ingestWarmup: 400,
  ingestEvents: 2_000,
  ingestEventsAlone: 300,
  applyJobs: [100, 500],
  applyRuns: 1_000,
  flatRuns: [10, 100, 1_000],
  lineageNodes: [1_000, 10_000],
  lineageQueries: 100,
  scaledEvents: 2_000,
  scaledBatch: [256],
  scaledWorkers: [1, 2],
  neighbours: 2_000,
  memoryDatasets: 2_000,
  starts: 2,
  continuousDays: 2,
  freshnessPolicies: [10, 200],
  freshnessFill: 10_000,
  reactionWarmup: 500,
  reactionEvents: 2_000,
};

export interface Command {
  readonly names: readonly string[];
  readonly sizes: Sizes;
  /** Graphs that took long to build are kept here, and taken from here the next time. */
  readonly keep: string | null;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * `[NAME…] [--quick] [--keep FOLDER] [--lineage-nodes 10000,100000] …`: each size is a flag, and a variable
 * (`HEADWATER_BENCH_LINEAGE_NODES`); flag over variable.
 * @throws UsageError
 */
export function readCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const names: string[] = [];
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    const key = /^HEADWATER_BENCH_(.+)$/.exec(name)?.[1];
    if (key !== undefined && value !== undefined) given.set(key.toLowerCase().replaceAll('_', '-'), value);
  }
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const flag = /^--([a-z-]+)(?:=(.*))?$/.exec(arg);
    if (flag === null) names.push(arg);
    else if (flag[1] === 'quick') given.set('quick', 'yes');
    else given.set(flag[1] ?? '', flag[2] ?? rest.shift() ?? '');
  }
  const quick = given.get('quick');
  const keep = given.get('keep') ?? null;
  given.delete('quick');
  given.delete('keep');
  return { names, keep, sizes: withSizes(quick === undefined || quick === '0' ? FULL : QUICK, given) };
}

function withSizes(defaults: Sizes, given: ReadonlyMap<string, string>): Sizes {
  const keys = new Map(Object.keys(defaults).map((key) => [dashed(key), key]));
  const changed: Record<string, number | readonly number[]> = {};
  for (const [flag, text] of given) {
    const key = keys.get(flag);
    if (key === undefined)
      throw new UsageError(
        `--${flag} is not known: --quick, --keep or ${[...keys.keys()].map((each) => `--${each}`).join(', ')}`,
      );
    const numbers = text.split(',').map((part) => Number(part.replaceAll('_', '')));
    const [first] = numbers;
    if (first === undefined || numbers.some((number) => !Number.isSafeInteger(number) || number < 1)) {
      throw new UsageError(`--${flag} must be whole numbers above 0, not "${text}"`);
    }
    changed[key] = Array.isArray(defaults[key as keyof Sizes]) ? numbers : first;
  }
  return { ...defaults, ...changed };
}

function dashed(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
