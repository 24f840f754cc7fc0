/** `headwater doctor`: looks at all that a hub with these settings stands on, and changes nothing. */
import { checkSettings } from '../config/check-settings.ts';
import { type LoadedSettings, loadSettings, type SettingsSources } from '../config/load-settings.ts';
import { isScaled, type Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import { readKeyFile } from '../keys/key-file.ts';
import { checkRules } from '../rules/rule-folder.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkHub } from './check-hub.ts';
import { checkServers } from './check-servers.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

export type { Finding } from './finding.ts';

/** @param hubUrl the hub to ask; undefined: where one with these settings listens */
export async function examine(sources: SettingsSources, hubUrl?: string): Promise<readonly Finding[]> {
  let loaded: LoadedSettings;
  try {
    loaded = loadSettings(sources);
  } catch (error) {
    return problemsOf('settings', error);
  }
  const { settings, warnings } = loaded;
  return [
    ...warnings.map((text) => warning('settings', text)),
    ...settingsOf(settings),
    ...clockOf(Date.now()),
    ...keysOf(settings),
    ...(await rulesOf(settings)),
    ...(await checkDataFolder(settings)),
    ...(isScaled(settings) ? await checkServers(settings) : []),
    ...(await checkHub(settings, hubUrl)),
  ];
}

function settingsOf(settings: Settings): Finding[] {
  try {
    checkSettings(settings);
  } catch (error) {
    return problemsOf('settings', error);
  }
  const from = settings.configFile ?? 'variables, flags and defaults';
  return [
    fine('settings', `from ${from}: role ${settings.role}, ${isScaled(settings) ? 'Neo4j and Redis' : 'embedded'}`),
  ];
}

/** No machine of ours was there before this code. */
const NEVER_BEFORE = Date.UTC(2026, 0, 1);

function clockOf(now: number): Finding[] {
  if (now > NEVER_BEFORE) return [];
  return [
    problem(
      'clock',
      `this machine says that it is ${new Date(now).toISOString()}: events from now would be refused as too far ahead. Set its clock (NTP)`,
    ),
  ];
}

function keysOf({ keys }: Settings): Finding[] {
  if (keys === undefined) return [fine('keys', 'none: on this machine alone, everybody may do everything')];
  try {
    const entries = readKeyFile(keys);
    if (entries.length === 0)
      return [
        warning(
          'keys',
          `${keys} holds no key, so nobody can ask anything: headwater keys add NAME --scopes ingest,read`,
        ),
      ];
    return [fine('keys', `${entries.length} in ${keys}`)];
  } catch (error) {
    return problemsOf('keys', error);
  }
}

async function rulesOf({ rules, rulesFolder }: Settings): Promise<Finding[]> {
  const checked = await checkRules(rulesFolder);
  if (checked.files === null) {
    if (rules === undefined) return [];
    return [problem('rules', `there is no folder ${rulesFolder}: make it, or unset HEADWATER_RULES`)];
  }
  if (checked.problems.length === 0)
    return [fine('rules', `${checked.rules} rules and ${checked.policies} freshness policies in ${rulesFolder}`)];
  return checked.problems.map(({ file, line, column, message }) =>
    problem('rules', `${file}:${line}:${column} ${message}`),
  );
}

function problemsOf(about: string, error: unknown): Finding[] {
  if (!(error instanceof StartupError)) throw error;
  return error.message.split('\n').map((line) => problem(about, line));
}
