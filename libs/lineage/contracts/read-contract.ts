/** A parsed ODCS file as what can be checked of it. Whether the file is valid ODCS at all is for the standard's JSON Schema. */
import { UTC } from '../freshness/cron-schedule.ts';
import type { FreshnessPolicy } from '../freshness/freshness-policy.ts';
import { contractDatasets } from './contract-dataset.ts';
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
  for (const key of Object.keys(value))
    if (!ROOT_KEYS.has(key)) faults.push({ path: key, message: 'is no key of a data contract' });
  const levels = read(value, 'slaProperties', '', faults);
  for (const [n, level] of levels.entries())
    if (!isObject(level) || textOf(level['property']) === null || level['value'] === undefined)
      faults.push({ path: `slaProperties[${n}]`, message: 'must be an object with property and value' });
  const servers = read(value, 'servers', '', faults);
  const found = read(value, 'schema', '', faults);
  const names = found.flatMap((one) => (isObject(one) ? namesOf(one) : []));
  const objects = found.flatMap((one, n): ContractObject[] => {
    const path = `schema[${n}]`;
    if (isObject(one) && textOf(one['name']) !== null)
      return [
        objectOf(
          one,
          path,
          { ...serviceLevels(levels, one, names, id), datasets: contractDatasets(servers, one) },
          faults,
        ),
      ];
    faults.push({ path, message: 'must be an object with a name' });
    return [];
  });
  if (faults.length > 0) return { faults };
  return { contract: { id, name: textOf(value['name']), version, status, objects } };
}

/** As in the standard's schema, 3.1.0. */
const ROOT_KEYS: ReadonlySet<string> = new Set(
  `apiVersion authoritativeDefinitions contractCreatedTs customProperties dataProduct description domain id kind name price roles schema
   servers slaDefaultElement slaProperties status support tags team tenant version`.split(/\s+/),
);

/** A list; what is there and is none is a fault. */
function read(value: Json, key: string, path: string, faults: ContractFault[]): readonly unknown[] {
  const found = value[key];
  if (found === undefined || found === null || Array.isArray(found)) return listOf(found);
  faults.push({ path: path === '' ? key : `${path}.${key}`, message: 'must be a list' });
  return [];
}

interface ServiceLevels {
  readonly freshness: readonly ContractPolicy[];
  readonly frequency: readonly { readonly path: string; readonly ms: number }[];
  readonly unchecked: readonly Unchecked[];
}

function objectOf(
  value: Json,
  path: string,
  levels: ServiceLevels & Pick<ContractObject, 'datasets'>,
  faults: ContractFault[],
): ContractObject {
  const quality = read(value, 'quality', path, faults);
  const rules = quality.map((rule, n) => rowCountOf(rule, `${path}.quality[${n}]`));
  const fields = fieldsOf(value, path, faults);
  return {
    path,
    name: textOf(value['name']) ?? '',
    physicalName: textOf(value['physicalName']),
    datasets: levels.datasets,
    fields,
    freshness: levels.freshness,
    frequency: levels.frequency,
    rowCounts: rules.filter((rule) => 'operator' in rule),
    unchecked: [
      ...levels.unchecked,
      ...rules.filter((rule) => 'reason' in rule),
      ...uncheckedIn(value['properties'], `${path}.properties`),
    ],
  };
}

/** What is promised of fields beside their names, types and nulls. */
function uncheckedIn(properties: unknown, path: string): Unchecked[] {
  return listOf(properties).flatMap((one, n): Unchecked[] => {
    if (!isObject(one)) return [];
    const place = `${path}[${n}]`;
    const rules = listOf(one['quality']).map((rule, i): Unchecked => {
      const metric = (isObject(rule) ? (textOf(rule['metric']) ?? textOf(rule['rule'])) : null) ?? 'this check';
      return { path: `${place}.quality[${i}]`, reason: `${metric} needs the data itself, which is not looked at` };
    });
    const promised = ['primaryKey', 'unique'].flatMap((key) =>
      one[key] === true ? [{ path: `${place}.${key}`, reason: 'needs the data itself, which is not looked at' }] : [],
    );
    const options = isObject(one['logicalTypeOptions'])
      ? [
          {
            path: `${place}.logicalTypeOptions`,
            reason: 'bounds of values need the data itself, which is not looked at',
          },
        ]
      : [];
    return [...rules, ...promised, ...options, ...uncheckedIn(one['properties'], `${place}.properties`)];
  });
}

function fieldsOf(value: Json, above: string, faults: ContractFault[]): ContractField[] {
  const path = above === '' ? 'properties' : `${above}.properties`;
  return read(value, 'properties', above, faults).flatMap((one, n): ContractField[] => {
    const name = isObject(one) ? textOf(one['name']) : null;
    if (!isObject(one) || name === null) {
      faults.push({ path: `${path}[${n}]`, message: 'must be an object with a name' });
      return [];
    }
    const logical = one['logicalType'];
    if (logical !== undefined && !LOGICAL_TYPES.has(String(logical)))
      faults.push({ path: `${path}[${n}].logicalType`, message: `must be one of ${[...LOGICAL_TYPES].join(', ')}` });
    return [
      {
        path: `${path}[${n}]`,
        name,
        physicalName: textOf(one['physicalName']),
        physicalType: textOf(one['physicalType']),
        logicalType: textOf(one['logicalType']),
        required: one['required'] === true,
        fields: fieldsOf(one, `${path}[${n}]`, faults),
      },
    ];
  });
}

const LOGICAL_TYPES: ReadonlySet<string> = new Set(
  'string date timestamp time number integer object array boolean'.split(' '),
);

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
