/** Durations as a sentence says them: '0.5 s', '90 s', '2 min 30 s', '12 min', '3 h 20 min', '2 d 4 h'. */
export function sayDuration(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 100) / 10;
  if (seconds < 120) return `${seconds} s`;
  const whole = Math.round(seconds);
  if (whole < 600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? two(hours, 'h', minutes % 60, 'min') : two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const two = (big: number, unit: string, small: number, smaller: string): string =>
  small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smaller}`;

/** '1 record', '1,250 records'. */
export const sayCount = (count: number, one: string): string => `${sayNumber(count)} ${one}${count === 1 ? '' : 's'}`;

/** At most two decimals, thousands set off: the same on every machine, whatever its locale. */
export function sayNumber(value: number): string {
  const [whole = '0', fraction] = String(Math.round(value * 100) / 100).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
