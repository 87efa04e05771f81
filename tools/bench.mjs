#!/usr/bin/env node
// npm run bench [-- name…] [-- --full] [-- --count n] [-- --profile folder]: how fast the platform is, as ratios measured in one run.
// It judges nothing: figures of a shared machine are for reading, docs/benchmarks.md says how.
import { readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { root, run, seconds } from './shell.mjs';

/** Arguments of a benchmark that would take too long, or too much memory, as it stands. */
const bounded = { vectors: { usual: ['--docs', '20000'], full: ['--graph'] } };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    count: { type: 'string' },
    profile: { type: 'string' },
  },
});
const known = readdirSync(path.join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
  .map(({ name }) => name);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`bench: no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exitCode = 2;
} else {
  await measure(positionals.length > 0 ? positionals : known);
}

async function measure(names) {
  await ensureBuilt({ quiet: true });
  console.log(machine());
  for (const name of names) {
    console.log(`\n${name}`);
    const started = performance.now();
    const code = await run(
      process.execPath,
      ['--import', 'tsx', path.join('bench', name, 'bench.ts'), ...argumentsOf(name)],
      { cwd: root },
    );
    console.log(`  (${seconds(started)}${code === 0 ? '' : `, failed with exit code ${code}`})`);
    if (code !== 0) process.exitCode = 1;
  }
}

function argumentsOf(name) {
  const own = bounded[name];
  if (own) return values.full ? own.full : own.usual;
  return [
    ...(values.full ? ['--full'] : []),
    ...(values.count ? ['--count', values.count] : []),
    ...(values.profile ? ['--profile', path.resolve(values.profile)] : []),
  ];
}

/** The load of others is part of every figure. */
function machine() {
  const { model } = os.cpus()[0] ?? { model: 'processor' };
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const load = os.loadavg()[0].toFixed(1);
  return `${os.availableParallelism()} × ${model}, ${memory} GiB, Node ${process.versions.node}, load before: ${load}`;
}
