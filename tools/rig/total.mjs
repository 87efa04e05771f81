// Adds up the totals of the named runs. Ends with a line of its own: N passed, N failed.
import { add, isGood, none, recall } from './results.mjs';

const names = process.argv.slice(2);
for (const name of names) {
  const { passed, failed, skipped } = recall(name);
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
}
const all = names.map(recall);
const sum = all.reduce(add, none);
console.log(`${sum.passed} passed, ${sum.failed + sum.skipped} failed`);
process.exitCode = all.every(isGood) ? 0 : 1;
