/**
 * A made-up company: domains of tables that are built from each other each night, in the order of their layers.
 *
 * ```
 * of each domain      10 sources ──▶ 10 staging ──▶ 20 core ──▶ 10 marts
 *                     each from its source   of two staging   of three core, one in four built by a trigger
 * across domains      the first mart reads a core table of the domain before
 * in the first of ten domains     there ──▶ back ──▶ there: a circle, built by triggers, that a clock sets off each night
 * ```
 */
import type { Random } from '../wide/random.ts';

export type Layer = 'source' | 'staging' | 'core' | 'mart' | 'circle';

export interface Table {
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly Table[];
  /** A rule starts its job when all inputs are there. */
  readonly isTriggered: boolean;
  /** A clock does, each night. */
  readonly isNightly: boolean;
  /** Minutes after two at night in Paris. Downstream is later. */
  readonly minute: number;
}

export const WAREHOUSE = 'postgres://warehouse:5432';
export const AIRFLOW = 'airflow';
/** Tables of one domain. */
export const DOMAIN = 50;

export const datasetIdOf = ({ name }: Table): string => `dataset:${WAREHOUSE}:${name}`;
export const jobNameOf = ({ name }: Table): string => `build.${name}`;
export const jobIdOf = (table: Table): string => `job:${AIRFLOW}:${jobNameOf(table)}`;

const FROM: Readonly<Record<Layer, number>> = { source: 0, staging: 12, core: 24, mart: 40, circle: 0 };

export function buildEstate(domains: number, random: Random): readonly Table[] {
  const all: Table[] = [];
  let before: readonly Table[] = [];
  for (let domain = 0; domain < domains; domain++) {
    const make = (layer: Layer, n: number, inputs: readonly Table[], isTriggered = false): Table => ({
      name: `dw.d${domain}.${layer}_${n}`,
      layer,
      inputs,
      isTriggered,
      isNightly: !isTriggered,
      minute: FROM[layer] + random.between(0, 9),
    });
    const several = (count: number, of: (n: number) => Table): readonly Table[] =>
      Array.from({ length: count }, (_, n) => of(n));
    const some = (from: readonly Table[], count: number): readonly Table[] => {
      const chosen = Array.from({ length: count }, () => from[random.between(0, from.length - 1)]);
      return [...new Set(chosen)].flatMap((one) => one ?? []);
    };
    const sources = several(10, (n) => make('source', n, []));
    const staging = several(10, (n) => make('staging', n, sources.slice(n, n + 1)));
    const core = several(20, (n) => make('core', n, some(staging, 2)));
    const abroad = before;
    const inputsOf = (n: number): readonly Table[] => [...some(core, 3), ...(n === 0 ? some(abroad, 1) : [])];
    const marts = several(10, (n) => make('mart', n, inputsOf(n), n % 4 === 3));
    all.push(...sources, ...staging, ...core, ...marts);
    if (domain % 10 === 0) all.push(...circle(domain));
    before = core;
  }
  return all;
}

function circle(domain: number): readonly Table[] {
  const inputs: Table[] = [];
  const common = { layer: 'circle', isTriggered: true, minute: 0 } as const;
  const there: Table = { ...common, name: `ring.d${domain}.there`, inputs, isNightly: false };
  const back: Table = { ...common, name: `ring.d${domain}.back`, inputs: [there], isNightly: true };
  inputs.push(back);
  return [there, back];
}

/** On this day the table isn't brought up to date as it should be. Days count from the first. */
export interface Trouble {
  readonly table: Table;
  readonly day: number;
  /**
   * - `outage`: its job doesn't run; on some of these days old partitions are loaded again.
   * - `failure`: its run fails, and is run again at eleven, with what is downstream.
   * - `late-event`: all is well, but word of it comes ten hours late.
   */
  readonly what: 'outage' | 'failure' | 'late-event';
}

/** The first days and the last are calm: all is up to date then. */
export function drawTroubles(tables: readonly Table[], days: number, random: Random): readonly Trouble[] {
  const troubles: Trouble[] = [];
  const taken = new Set<string>();
  const add = (table: Table, day: number, what: Trouble['what']): void => {
    const key = `${table.name} ${day}`;
    if (taken.has(key)) return;
    taken.add(key);
    troubles.push({ table, day, what });
  };
  for (let day = 2; day < days - 3; day++) {
    for (const table of tables) {
      if (table.isTriggered) continue;
      const chance = random.next();
      if (table.layer === 'source') {
        if (chance < 0.005) for (let more = random.between(0, 1); more >= 0; more--) add(table, day + more, 'outage');
      } else if (chance < 0.001) add(table, day, 'failure');
      else if (chance < 0.002) add(table, day, 'late-event');
    }
  }
  return troubles;
}

/** What reads the tables, and what reads that, in the order in which it is built. */
export function downstreamOf(tables: readonly Table[], of: readonly Table[]): readonly Table[] {
  const found = new Set(of);
  // In the order of layers and domains: inputs come before what reads them.
  for (const table of tables) if (table.inputs.some((input) => found.has(input))) found.add(table);
  return [...found].filter((table) => !of.includes(table));
}
