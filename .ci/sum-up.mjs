/** Adds up the reports of the test runner. Arguments: how many steps failed, then the reports. */
import { existsSync, readFileSync } from 'node:fs';

const [broken, ...reports] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const report of reports) {
  if (!existsSync(report)) {
    console.log(`${report}: the suite wrote no report`);
    failed += 1;
    continue;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const skipped = numPendingTests + numTodoTests;
  // A file that can't even be loaded has no tests to fail.
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  for (const { name, message } of unloaded) console.log(`${name}: ${message}`);
  if (skipped > 0) console.log(`${report}: ${skipped} tests were skipped`);
  if (numPassedTests === 0) console.log(`${report}: no test ran`);
  passed += numPassedTests;
  failed += numFailedTests + unloaded.length + skipped + (numPassedTests === 0 ? 1 : 0);
}
// A step may fail though each of its tests passed: lint, types, an error outside of any test.
if (failed === 0) failed = Number(broken);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
