/**
 * Adds up the reports of the test runner. Arguments: how many steps failed, then the reports.
 * The closing line counts tests; a file that was not run, and a test that was skipped, has failed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [broken, ...reports] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const fail = (count, why) => {
  failed += count;
  console.log(why);
};

/** Files of which a test passed or failed, or that are counted as failed. */
const heard = new Set();
for (const report of reports) {
  if (!existsSync(report)) {
    fail(1, `${report}: the suites wrote no report`);
    continue;
  }
  for (const { name, status, message, assertionResults } of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const file = relative(process.cwd(), name);
    const count = (...statuses) => assertionResults.filter((test) => statuses.includes(test.status)).length;
    const skipped = assertionResults.length - count('passed', 'failed');
    if (count('passed', 'failed') > 0 || status === 'failed') heard.add(file);
    passed += count('passed');
    if (count('failed') > 0) fail(count('failed'), `${file}: ${count('failed')} failed`);
    if (skipped > 0) fail(skipped, `${file}: ${skipped} skipped`);
    // It could not even be loaded, or broke outside of its tests.
    else if (status === 'failed' && count('failed') === 0) fail(1, `${file}: ${message}`);
  }
}

// One that no configuration includes would never be missed otherwise.
for (const folder of ['apps', 'libs', 'test']) {
  for (const file of readdirSync(folder, { recursive: true })) {
    const path = `${folder}/${file}`;
    if (path.endsWith('.test.ts') && !heard.has(path)) fail(1, `${path}: no test of it ran`);
  }
}

// A step may fail though each of its tests passed: lint, types, an error outside of any test.
if (failed === 0) failed = Number(broken);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
