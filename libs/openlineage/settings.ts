/** Settings as they stand in `openlineage.yml`. */
export type Settings = { [key: string]: unknown };

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
