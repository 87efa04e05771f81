#!/usr/bin/env node
// npm run check [name…]: everything that can be known without running the product.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkCycles } from './check/cycles.mjs';
import { checkDirection } from './check/direction.mjs';
import { checkDocsPaths } from './check/docs-paths.mjs';
import { checkSizes } from './check/sizes.mjs';
import { checkWords } from './check/words.mjs';
import { bin, capture, committedFiles, root, run, seconds } from './shell.mjs';

const program = (command, args) => async () => {
  const { code, output } = await capture(command, args);
  return { problems: code === 0 ? [] : [output.trim()] };
};
const tool = (name, ...args) =>
  program(process.execPath, [path.join(root, 'tools', name), ...args]);

const CHECKS = {
  types: program(bin('tsc'), ['-p', 'tsconfig.json', '--pretty', 'false']),
  biome: program(bin('biome'), [
    'ci',
    '--colors=off',
    '--error-on-warnings',
    '--max-diagnostics=50',
    '.',
  ]),
  lock: tool('complete-lock.mjs', '--check'),
  coverage: tool('coverage.mjs', '--check'),
  direction: checkDirection,
  cycles: checkCycles,
  sizes: checkSizes,
  words: checkWords,
  'docs-paths': checkDocsPaths,
};

/** Runs the named checks, or all; true when none found a problem. */
export async function check(names = Object.keys(CHECKS)) {
  const started = performance.now();
  const unknown = names.filter((name) => !CHECKS[name]);
  if (unknown.length > 0)
    throw new Error(`no check named ${unknown.join(', ')}: ${Object.keys(CHECKS).join(', ')}`);
  if (
    existsSync(path.join(root, 'tools/generate.mjs')) &&
    (await run(process.execPath, ['tools/generate.mjs'])) !== 0
  ) {
    console.log('FAIL generate');
    return false;
  }
  const context = { root, files: await committedFiles() };
  const results = await Promise.all(names.map((name) => runOne(name, context)));
  const failed = results.filter((ok) => !ok).length;
  console.log(`check: ${results.length - failed} passed, ${failed} failed in ${seconds(started)}`);
  return failed === 0;
}

async function runOne(name, context) {
  const started = performance.now();
  const { problems, notes = [] } = await attempt(CHECKS[name], context);
  const ok = problems.length === 0;
  const lines = [
    `${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds(started)})`,
    ...notes.map((note) => `     ${note}`),
    ...problems,
  ];
  console.log(lines.join('\n'));
  return ok;
}

/** A check that breaks has found something too. */
async function attempt(checkOne, context) {
  try {
    return await checkOne(context);
  } catch (error) {
    return { problems: [String(error instanceof Error ? error.message : error)] };
  }
}

if (process.argv[1] === import.meta.filename) {
  const names = process.argv.slice(2);
  process.exitCode = (await check(names.length > 0 ? names : undefined)) ? 0 : 1;
}
