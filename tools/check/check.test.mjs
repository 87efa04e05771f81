import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkCycles, findCycles } from './cycles.mjs';
import { checkDirection } from './direction.mjs';
import { checkDocsPaths } from './docs-paths.mjs';
import * as rules from './rules.mjs';
import { checkSizes } from './sizes.mjs';
import { importsOf } from './sources.mjs';
import { checkWords } from './words.mjs';

const roots = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function tree(contents) {
  const root = mkdtempSync(path.join(tmpdir(), 'limpid-check-'));
  roots.push(root);
  for (const [file, text] of Object.entries(contents)) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return { root, files: Object.keys(contents).sort() };
}

test('imports are read whatever their form, comments are not', () => {
  const text = `
// import { no } from './no.ts';
/** import './doc.ts' */
import type { A } from './a.ts';
import b, { type B,
  c } from "@limpid/b";
import './effect.ts';
export * from './all.ts';
export type { D } from './d.ts';
const late = await import('./late.ts');
const url = 'http://x/'; // import './tail.ts'
`;
  expect(importsOf(text)).toEqual([
    { specifier: './a.ts', typeOnly: true },
    { specifier: '@limpid/b', typeOnly: false },
    { specifier: './effect.ts', typeOnly: false },
    { specifier: './all.ts', typeOnly: false },
    { specifier: './d.ts', typeOnly: true },
    { specifier: './late.ts', typeOnly: false },
  ]);
});

test('a package may import only what lies below it, tests anything', () => {
  const { problems } = checkDirection(
    tree({
      'packages/domain/src/up.ts': "import { db } from '@limpid/store/db';\n",
      'packages/domain/src/kit.ts': "import { stack } from '@limpid/testkit';\n",
      'packages/domain/src/out.ts': "import { x } from '../../wire/src/x.ts';\n",
      'packages/domain/src/fine.ts': "import { x } from '@limpid/wire';\nimport './up.ts';\n",
      'packages/domain/src/fine.test.ts': "import { stack } from '@limpid/testkit';\n",
    }),
  );
  expect(problems).toEqual([
    'packages/domain/src/kit.ts: only tests import testkit',
    'packages/domain/src/out.ts: leaves its package by ../../wire/src/x.ts: use @limpid/<name>',
    'packages/domain/src/up.ts: packages/domain may not import packages/store',
  ]);
});

test('rooms of the server keep their direction, and so do flows', () => {
  const { problems } = checkDirection(
    tree({
      'packages/server/src/server.ts':
        "import './transport/rest.ts';\nimport './flows/predict/run.ts';\n",
      'packages/server/src/transport/rest.ts': "import { d } from '../rpc/dispatch.ts';\n",
      'packages/server/src/handlers/keys/PostKeys.ts':
        "import { rpc } from '../../rpc/rpc.ts';\nimport { d } from '../../rpc/dispatch.ts';\n",
      'packages/server/src/flows/predict/run.ts': "import { s } from '../search/run.ts';\n",
      'packages/server/src/flows/ingest/run.ts': "import { w } from '../workflow/run.ts';\n",
      'packages/server/src/call.ts':
        "import type { R } from './rpc/limit.ts';\nimport { s } from './rpc/dispatch.ts';\n",
      'packages/server/src/attic/a.ts': "import { s } from '../rpc/dispatch.ts';\n",
    }),
  );
  expect(problems).toEqual([
    'packages/server/src/attic/a.ts: the room attic stands in no rule: add it to tools/check/rules.mjs',
    'packages/server/src/call.ts: a leaf may import no room at run time (rpc/dispatch.ts)',
    'packages/server/src/flows/predict/run.ts: flow predict may not import flow search',
    'packages/server/src/handlers/keys/PostKeys.ts: room handlers may not import rpc/dispatch.ts',
  ]);
});

test('processes and threads start only in their folders', () => {
  const spawn = "import { spawn } from 'node:child_process';\n";
  const { problems } = checkDirection(
    tree({
      'packages/store/src/launcher/start.ts': spawn,
      'packages/server/src/rpc/exec.ts': spawn,
      'packages/server/src/rpc/exec.test.ts': spawn,
    }),
  );
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^packages\/server\/src\/rpc\/exec\.ts: node:child_process only in /);
});

test('a runtime cycle is found through packages and dynamic imports; a type cycle is none', async () => {
  const { problems } = await checkCycles(
    tree({
      'packages/wire/src/index.ts': "export { a } from './a.ts';\n",
      'packages/wire/src/a.ts': "export const a = async () => (await import('./b.ts')).b;\n",
      'packages/wire/src/b.ts': "import { c } from '@limpid/domain/c';\nexport const b = c;\n",
      'packages/domain/src/c.ts': "import { a } from '@limpid/wire';\nexport const c = () => a;\n",
      'packages/domain/src/t.ts':
        "import type { U } from './u.ts';\nexport interface T { u: U }\nexport const t = 1;\n",
      'packages/domain/src/u.ts':
        "import { t } from './t.ts';\nexport type U = typeof t;\nexport const u = t;\n",
    }),
  );
  expect(problems).toHaveLength(1);
  for (const file of ['wire/src/index.ts', 'wire/src/a.ts', 'wire/src/b.ts', 'domain/src/c.ts']) {
    expect(problems[0]).toContain(`packages/${file}`);
  }
});

test('Tarjan tells apart cycles that touch the same file through a one-way edge', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['a', 'c']],
    ['c', ['d']],
    ['d', ['c']],
    ['e', ['e']],
    ['f', ['a', 'c']],
  ]);
  expect(findCycles(graph).map((cycle) => cycle.toSorted().join(''))).toEqual(['cd', 'ab', 'e']);
});

test('long files are named, data tables on the list are not', () => {
  const long = 'const x = 1;\n'.repeat(501);
  const given = tree({ 'packages/wire/src/long.ts': long, 'packages/wire/src/table.ts': long });
  const { problems } = checkSizes({
    ...given,
    rules: { ...rules, longFiles: ['packages/wire/src/table.ts', 'gone.ts'] },
  });
  expect(problems).toEqual([
    'packages/wire/src/long.ts has 501 lines, the most is 500',
    'tools/check/rules.mjs names gone.ts, which is gone',
  ]);
});

test('hosts outside the list, paths of a machine and unfinished work are found', () => {
  const secret = ['mirror', 'corp', 'io'].join('.');
  const { problems } = checkWords(
    tree({
      'packages/wire/src/a.ts': `const a = 'https://${secret}/x';\nconst b = 'http://localhost:1/';\n`,
      'packages/wire/src/b.ts': `const home = '${['', 'home', 'ann', 'x'].join('/')}';\n// ${'TO'}${'DO'}: later\n`,
      'package-lock.json': `{"resolved": "https://${secret}/a.tgz"}\n`,
      'README.md': 'See https://github.com/x and http://host/ and http://10.0.0.1/.\n',
    }),
  );
  expect(problems).toEqual([
    `package-lock.json: names the host ${secret}`,
    `packages/wire/src/a.ts: names the host ${secret}`,
    expect.stringMatching(/^packages\/wire\/src\/b\.ts:1: holds a path of one machine/),
    expect.stringMatching(/^packages\/wire\/src\/b\.ts:2: holds unfinished work/),
  ]);
});

test('paths named in documents must exist', () => {
  const { problems } = checkDocsPaths(
    tree({
      'docs/a.md':
        '`packages/x/src/a.ts` `packages/x/gone.ts` `packages/<name>/src` [b](b.md) [c](c.md#top) [w](https://github.com)\n',
      'docs/b.md': '`packages/x/dist/made.js` `not/ours.ts`\n',
      'packages/x/src/a.ts': '',
    }),
  );
  expect(problems).toEqual([
    'docs/a.md: names packages/x/gone.ts, which is not there',
    'docs/a.md: names c.md, which is not there',
  ]);
});
