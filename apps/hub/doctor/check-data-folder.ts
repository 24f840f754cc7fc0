/** The data folder: may it be written to, is there room, and are its files whole. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REDUCTION_VERSION } from '#lineage';
import { isScaled, type Settings } from '../config/settings.ts';
import { openSqlite } from '../storage/open-sqlite.ts';
import { storedVersions } from '../storage/stored-versions.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

/** The graph's journal grows up to 34 MB beside the files, and SQLite wants a little more. */
const LEAST_FREE = 64 * 1024 * 1024;
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
]);
const REBUILD = 'stop the hub, keep a copy of the folder, and run "headwater replay", or restore a backup';

export async function checkDataFolder(settings: Settings): Promise<Finding[]> {
  const { data } = settings;
  if (isScaled(settings) && settings.role === 'api') return [];
  const place = placeOf(data);
  if (place.length > 0 || !existsSync(data))
    return place.length > 0 ? place : [fine('data', `${data} is made at the first start`)];
  const files = isScaled(settings) ? await workerFile(data) : await embeddedFiles(data);
  const used = await inUse(data);
  return [fine('data', `${data}${used ? ', in use by a hub' : ''}`), ...roomIn(data), ...files];
}

/** Of the folder, or of the one that it would be made in. */
function placeOf(data: string): Finding[] {
  let folder = data;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  if (!statSync(folder).isDirectory())
    return [problem('data', `${folder} is a file: name a folder with HEADWATER_DATA`)];
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return [
      problem('data', `${folder} may not be written to by this user (${why}): give it to the user, or choose another`),
    ];
  }
  return [];
}

function roomIn(data: string): Finding[] {
  const { bavail, bsize, type } = statfsSync(data);
  const free = bavail * bsize;
  const network = NETWORK_FILE_SYSTEMS.get(type);
  return [
    ...(free < LEAST_FREE
      ? [
          problem(
            'data',
            `${megabytes(free)} are free: events are refused when there is no room. Free ${megabytes(LEAST_FREE)} or more`,
          ),
        ]
      : []),
    ...(network === undefined
      ? []
      : [problem('data', `it is on ${network}, where SQLite's locks don't hold: choose a folder on a local disk`)]),
  ];
}

/** Whoever runs on the folder holds one of these for as long. */
async function inUse(data: string): Promise<boolean> {
  for (const name of ['events.lock', 'worker.lock']) {
    if (!existsSync(join(data, name))) continue;
    const lock = await openSqlite(join(data, name), false);
    try {
      lock.exec('BEGIN EXCLUSIVE; ROLLBACK');
    } catch {
      return true;
    } finally {
      lock.close();
    }
  }
  return false;
}

async function embeddedFiles(data: string): Promise<Finding[]> {
  const [{ checkEventLog }, { checkGraphFile }] = await Promise.all([import('#queue'), import('#graph')]);
  const findings: Finding[] = [];
  const log = await looked(
    'data',
    findings,
    join(data, 'events.db'),
    checkEventLog,
    'restore a backup: nothing else has these events',
  );
  const graph = await looked('graph', findings, join(data, 'graph.db'), checkGraphFile, REBUILD);
  for (const name of ['decisions.db', 'people.db'])
    await looked('data', findings, join(data, name), checkPages, 'restore a backup: nothing else says it again');
  const head = log?.head ?? null;
  const applied = graph?.applied ?? null;
  if (log !== null && graph === null)
    findings.push(warning('graph', `there is no graph.db: it is made from the kept events at the next start`));
  if (head !== null && applied !== null && applied > head) {
    findings.push(
      problem(
        'graph',
        `it is at position ${applied}, and the log ends at ${head}: they are not of one backup. Restore all files from one, or remove graph.db to have it rebuilt`,
      ),
    );
  }
  if (head !== null && applied !== null && applied <= head)
    findings.push(fine('graph', `whole; ${applied} of ${head} positions are applied`));
  if (log?.newest !== undefined && log.newest !== null && log.newest > Date.now() + 60_000)
    findings.push(
      warning(
        'clock',
        `the newest event came at ${new Date(log.newest).toISOString()}, which is yet to come: the clock was put back`,
      ),
    );
  return [...findings, ...(await reductionOf(data))];
}

async function workerFile(data: string): Promise<Finding[]> {
  if (existsSync(join(data, 'events.db')))
    return [
      problem(
        'data',
        `it holds the data of a hub without NEO4J_URI and REDIS_URL: give this worker a folder of its own (HEADWATER_DATA)`,
      ),
    ];
  const { checkGraphFile } = await import('#graph');
  const findings: Finding[] = [];
  await looked(
    'graph',
    findings,
    join(data, 'graph.db'),
    checkGraphFile,
    'stop this worker and remove the file: it is folded anew',
  );
  return findings;
}

async function looked<T extends { readonly damages: readonly string[] }>(
  about: string,
  findings: Finding[],
  path: string,
  look: (path: string) => T | Promise<T>,
  todo: string,
): Promise<T | null> {
  if (!existsSync(path)) return null;
  try {
    const found = await look(path);
    for (const damage of found.damages) {
      const newer = damage.includes('schema version');
      findings.push(
        problem(
          about,
          `${path}: ${damage}: ${newer ? 'start the newer version, or restore a backup made by this one' : todo}`,
        ),
      );
    }
    return found;
  } catch (error) {
    findings.push(problem(about, `${path}: ${error instanceof Error ? error.message : String(error)}: ${todo}`));
    return null;
  }
}

async function checkPages(path: string): Promise<{ readonly damages: readonly string[] }> {
  const db = await openSqlite(path, true);
  try {
    const word = Object.values((db.prepare('PRAGMA quick_check(1)').get() as object | undefined) ?? {})[0];
    return { damages: word === 'ok' ? [] : [`SQLite finds it damaged (${String(word).replaceAll('\n', ' ')})`] };
  } finally {
    db.close();
  }
}

async function reductionOf(data: string): Promise<Finding[]> {
  const { reduction } = await storedVersions(data);
  if (reduction === null || reduction === REDUCTION_VERSION) return [];
  return [
    warning(
      'graph',
      `it was reduced by version ${reduction} of the rules, this is ${REDUCTION_VERSION}: "headwater replay" with the hub stopped has all of it by the same ones`,
    ),
  ];
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;
