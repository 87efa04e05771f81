import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyBinaries, findBinaries, locatePackage } from './binaries.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'limpid-binaries-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

// Other library folders of the system must not be what makes them run.
const versionOf = (program: string) =>
  execFileSync(program, ['--version'], { encoding: 'utf8', env: { LC_ALL: 'C' } });

test('the installed programs run in place', async () => {
  const { postgres } = await findBinaries(cache);
  expect(versionOf(postgres)).toMatch(/PostgreSQL\) 18\./);
});

test('a copy runs as well, and two starters make one', async () => {
  const made = await Promise.all([1, 2].map(() => copyBinaries(locatePackage(), cache)));
  expect(made[0]).toEqual(made[1]);
  for (const { postgres, initdb } of made) {
    expect(versionOf(postgres)).toMatch(/PostgreSQL\) 18\./);
    expect(versionOf(initdb)).toMatch(/PostgreSQL\) 18\./);
  }
  expect(readdirSync(cache)).toHaveLength(1);
});
