// Totals of test runs, kept between programs so that .ci/run can add them up.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../shell.mjs';

const folder = path.join(root, '.cache/results');
const fileOf = (name) => path.join(folder, `${name}.json`);

export const none = { passed: 0, failed: 0, skipped: 0 };

export function add(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/** A skipped test proves nothing: it counts as a failure everywhere. */
export function isGood({ passed, failed, skipped }) {
  return passed > 0 && failed === 0 && skipped === 0;
}

export function forget(name) {
  rmSync(fileOf(name), { force: true });
}

export function keep(name, totals) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(totals)}\n`);
}

/** A run that left no totals broke off: that is one failure. */
export function recall(name) {
  try {
    return JSON.parse(readFileSync(fileOf(name), 'utf8'));
  } catch {
    return { ...none, failed: 1 };
  }
}

export function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed + skipped} failed${skipped > 0 ? ` (${skipped} of them skipped)` : ''}`;
}
