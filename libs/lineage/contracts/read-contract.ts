/** A parsed ODCS file as what can be checked of it. Whether the file is valid ODCS at all is for the standard's JSON Schema. */
import { UTC } from '../freshness/cron-schedule.ts';
import type { FreshnessPolicy } from '../freshness/freshness-policy.ts';
import type {
  ContractField,
  ContractObject,
  ContractPolicy,
  DataContract,
  RowCountRule,
  Unchecked,
} from './data-contract.ts';

export interface ContractFault {
  readonly path: string;
  readonly message: string;
}

export type ContractReading = { readonly contract: DataContract } | { readonly faults: readonly ContractFault[] };

type Json = Readonly<Record<string, unknown>>;

/** @param value the file as YAML or JSON gives it */
export function readContract(value: unknown): ContractReading {
  if (!isObject(value)) return { faults: [{ path: '', message: 'must be an object: a data contract' }] };
  const faults: ContractFault[] = [];
  const required = (key: string): string => {
    const found = textOf(value[key]);
    if (found === null) faults.push({ path: key, message: 'must be a text' });
    return found ?? '';
  };
  if (value['kind'] !== 'DataContract') faults.push({ path: 'kind', message: 'must be DataContract' });
  const apiVersion = required('apiVersion');
  if (apiVersion !== '' && !apiVersion.startsWith('v3.'))
    faults.push({ path: 'apiVersion', message: `must be v3.0.0 to v3.1.0: ${apiVersion} is written otherwise` });
  const [id, version, status] = [required('id'), required('version'), required('status')];
  const levels = listOf(value['slaProperties']);
  const found = listOf(value['schema']);
  const names = found.flatMap((one) => (isObject(one) ? namesOf(one) : []));
  const objects = found.flatMap((one, n): ContractObject[] => {
    const path = `schema[${n}]`;
    if (isObject(one) && textOf(one['name']) !== null)
      return [objectOf(one, path, serviceLevels(levels, one, names, id))];
    faults.push({ path, message: 'must be an object with a name' });
    return [];
  });
  if (faults.length > 0) return { faults };
  return { contract: { id, name: textOf(value['name']), version, status, objects } };
}

interface ServiceLevels {
  readonly freshness: readonly ContractPolicy[];
  readonly frequency: readonly { readonly path: string; readonly ms: number }[];
  readonly unchecked: readonly Unchecked[];
}

function objectOf(value: Json, path: string, levels: ServiceLevels): ContractObject {
  const quality = listOf(value['quality']);
  const rules = quality.map((rule, n) => rowCountOf(rule, `${path}.quality[${n}]`));
  return {
    path,
    name: textOf(value['name']) ?? '',
    physicalName: textOf(value['physicalName']),
    fields: fieldsOf(value['properties'], `${path}.properties`),
    freshness: levels.freshness,
    frequency: levels.frequency,
    rowCounts: rules.filter((rule) => 'operator' in rule),
    unchecked: [...levels.unchecked, ...rules.filter((rule) => 'reason' in rule)],
  };
}

function fieldsOf(value: unknown, path: string): ContractField[] {
  return listOf(value).flatMap((one, n): ContractField[] => {
    const name = isObject(one) ? textOf(one['name']) : null;
    if (!isObject(one) || name === null) return [];
    return [
      {
        path: `${path}[${n}]`,
        name,
        physicalName: textOf(one['physicalName']),
        physicalType: textOf(one['physicalType']),
        logicalType: textOf(one['logicalType']),
        required: one['required'] === true,
        fields: fieldsOf(one['properties'], `${path}[${n}].properties`),
      },
    ];
  });
}

const OPERATORS = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
];
const BETWEEN = ['mustBeBetween', 'mustNotBeBetween'];

function rowCountOf(rule: unknown, path: string): RowCountRule | Unchecked {
  const metric = isObject(rule) ? (textOf(rule['metric']) ?? textOf(rule['rule'])) : null;
  if (!isObject(rule) || metric !== 'rowCount')
    return { path, reason: `${metric ?? 'this check'} needs the data itself, which is not looked at` };
  if (rule['unit'] === 'percent') return { path, reason: 'a percentage of which row count is not said' };
  for (const operator of OPERATORS) {
    const value = rule[operator];
    if (typeof value === 'number') return { path, operator, value };
  }
  for (const operator of BETWEEN) {
    const [low, high] = listOf(rule[operator]);
    if (typeof low === 'number' && typeof high === 'number') return { path, operator, value: [low, high] };
  }
  return { path, reason: 'it compares the row count with no number' };
}

const DAY = 86_400_000;
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(s|sec|second|seconds)$/i, 1_000],
  [/^(m|min|minute|minutes)$/, 60_000],
  [/^(h|hr|hour|hours)$/i, 3_600_000],
  [/^(d|day|days)$/i, DAY],
  [/^(w|week|weeks)$/i, 7 * DAY],
];

/** Those that are about this object: their element names it, or none of the contract's objects. */
function serviceLevels(
  levels: readonly unknown[],
  object: Json,
  names: readonly string[],
  contract: string,
): ServiceLevels {
  const freshness: ContractPolicy[] = [];
  const frequency: { path: string; ms: number }[] = [];
  const unchecked: Unchecked[] = [];
  for (const [n, level] of levels.entries()) {
    if (!isObject(level) || !isAbout(level, object, names)) continue;
    const path = `slaProperties[${n}]`;
    const property = textOf(level['property'])?.toLowerCase() ?? '';
    if (property === 'latency' || property === 'frequency') {
      const ms = durationOf(level);
      if (ms === null)
        unchecked.push({ path, reason: `${String(level['value'])} ${String(level['unit'] ?? '')} is no span of time` });
      else if (property === 'frequency') frequency.push({ path, ms });
      else freshness.push({ path, policy: policyOf(contract, property, { maxAge: { warn: null, fail: ms } }) });
    } else if (property === 'timeofavailability') {
      const cron = availableBy(textOf(level['value']) ?? '');
      if (cron === null) unchecked.push({ path, reason: `${String(level['value'])} is no time of day` });
      else freshness.push({ path, policy: policyOf(contract, 'timeOfAvailability', { cron }) });
    } else unchecked.push({ path, reason: `${textOf(level['property']) ?? 'it'} can't be seen from outside` });
  }
  return { freshness, frequency, unchecked };
}

const policyOf = (contract: string, what: string, part: Partial<FreshnessPolicy>): FreshnessPolicy => ({
  name: what,
  source: `contract ${contract}`,
  maxAge: null,
  cron: null,
  ...part,
});

function isAbout(level: Json, object: Json, names: readonly string[]): boolean {
  const elements = (textOf(level['element']) ?? '').split(',').map((element) => element.trim().split('.')[0] ?? '');
  const named = elements.filter((element) => names.includes(element));
  return named.length === 0 || named.some((element) => namesOf(object).includes(element));
}

const namesOf = (object: Json): string[] =>
  [object['name'], object['physicalName']].flatMap((name) => textOf(name) ?? []);

function durationOf(level: Json): number | null {
  const value = Number(level['value']);
  const unit = textOf(level['unit']) ?? 'd';
  const size = UNITS.find(([words]) => words.test(unit))?.[1];
  return size === undefined || !Number.isFinite(value) || value <= 0 ? null : value * size;
}

/** `09:00-08:00`: by then each day, with something of the last 24 hours. */
function availableBy(value: string): FreshnessPolicy['cron'] {
  const [, hour, minute, sign, zoneHour = '0', zoneMinute = '0'] =
    /^(\d{1,2}):(\d{2})(?::\d{2})?(?:Z|([+-])(\d{2}):?(\d{2})?)?$/.exec(value) ?? [];
  if (hour === undefined || minute === undefined || Number(hour) > 23 || Number(minute) > 59) return null;
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
  const at = (Number(hour) * 60 + Number(minute) - offset + 2 * 1440) % 1440;
  return { deadline: `${at % 60} ${Math.floor(at / 60)} * * *`, lowerBound: DAY, timezone: UTC };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
