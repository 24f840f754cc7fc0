/**
 * Property tests take a seed by chance, so that each run looks elsewhere; in CI they take this one, so that what passed
 * here passes there. HEADWATER_SEED sets another. A property that was given a seed of its own keeps it.
 */
import fc from 'fast-check';

const FIXED = 20_261_121;
const { CI, HEADWATER_SEED } = process.env;
if (HEADWATER_SEED !== undefined || CI !== undefined) fc.configureGlobal({ seed: Number(HEADWATER_SEED ?? FIXED) });
