/** Whether a cron expression is one; its times are worked out where deadlines are. */

const FIELDS = ['minute', 'hour', 'day of month', 'month', 'day of week'] as const;
const RANGES: Readonly<Record<(typeof FIELDS)[number], readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  'day of month': [1, 31],
  month: [1, 12],
  'day of week': [0, 7],
};
const NAMES: Readonly<Record<string, readonly string[]>> = {
  month: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  'day of week': ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};

/** What is wrong with `0 8 * * 1-5`; null: nothing. */
export function cronFault(text: string): string | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    return `"${text}" has ${parts.length} fields; write minute, hour, day of month, month and day of week: 0 8 * * 1-5`;
  for (const [i, field] of FIELDS.entries()) {
    const part = parts[i] ?? '';
    if (!part.split(',').every((item) => isItem(item, field))) {
      const [from, to] = RANGES[field];
      return `"${part}" is no ${field}; write a number from ${from} to ${to}, a range, a list, */n or *`;
    }
  }
  return null;
}

/** `*`, `5`, `1-5`, with `/n` or without; last days as `L`. */
function isItem(item: string, field: (typeof FIELDS)[number]): boolean {
  if (item === 'L') return field === 'day of month';
  const [range = '', step, more] = item.split('/');
  if (more !== undefined || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === '*') return true;
  const [from, to, rest] = range.split('-').map((value) => numberOf(value, field));
  if (from === undefined || from === null || rest !== undefined) return false;
  return to === undefined || (to !== null && from <= to);
}

function numberOf(text: string, field: (typeof FIELDS)[number]): number | null {
  const named = NAMES[field]?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field === 'month' ? named + 1 : named;
  if (!/^\d{1,2}$/.test(text)) return null;
  const [least, most] = RANGES[field];
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** A time zone that the runtime knows. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // a RangeError: it isn't known
  }
}
