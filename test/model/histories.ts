/**
 * How many generated histories a property is tried on: few in `npm test`, which has three minutes; as many times more in
 * the wide suites as `vitest.wide.config.ts` says.
 */
export const histories = (few: number): number => few * Number(process.env.HEADWATER_HISTORIES ?? 1);
