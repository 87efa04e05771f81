#!/usr/bin/env node
// Writes docs/coverage.md: what of the API and of the platform's capabilities works, and which test shows it.
// --check: fails when the page is not what it would write.
//
// RPCs come from the descriptors and packages/server/src/handlers/unimplemented.ts; what no program can know,
// notes and the standing of each capability, stands in acceptance/coverage.json.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { isTest } from './check/sources.mjs';
import { committedFiles, root } from './shell.mjs';

const PAGE = 'docs/coverage.md';
const STANDINGS = ['works', 'partial', 'not yet'];
const read = (file) => readFileSync(path.join(root, file), 'utf8');

const { page, problems } = await describe();
if (process.argv.includes('--check')) {
  if (readPage() !== page) problems.push(`${PAGE} is not up to date: run node tools/coverage.mjs`);
} else {
  writeFileSync(path.join(root, PAGE), page);
  console.log(`coverage: ${PAGE}`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function readPage() {
  try {
    return read(PAGE);
  } catch {
    return undefined;
  }
}

async function describe() {
  const data = JSON.parse(read('acceptance/coverage.json'));
  const names = rpcNames();
  const missing = new Set(
    read('packages/server/src/handlers/unimplemented.ts')
      .match(/'[A-Z]\w+'/g)
      ?.map((name) => name.slice(1, -1)),
  );
  const tests = await testsOf(names);
  const rpcs = names.map((name) => standingOf(name, missing, data.rpcs[name], tests.get(name)));
  return { page: writePage(rpcs, data.areas), problems: findProblems(rpcs, data, new Set(names)) };
}

function rpcNames() {
  const set = fromBinary(
    FileDescriptorSetSchema,
    readFileSync(path.join(root, 'packages/wire/gen/merged.binpb')),
  );
  const services = set.file
    .filter((file) => file.package === 'clarifai.api')
    .flatMap((file) => file.service);
  const service = services.find(({ name }) => name === 'V2');
  return service.method.map(({ name }) => name);
}

function standingOf(name, missing, told = {}, test) {
  if (missing.has(name)) return { name, standing: 'not yet', test: '', note: told.note ?? '' };
  return { name, standing: told.standing ?? 'works', test: test ?? '', note: told.note ?? '' };
}

/** The best witness of each RPC: an official client, then the handler's own test, then any other. */
async function testsOf(names) {
  const files = (await committedFiles())
    .filter(isWitness)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const wanted = new Set(names);
  const found = new Map();
  for (const file of files) {
    for (const [word] of read(file).matchAll(/\b[A-Z][A-Za-z]+\b/g)) {
      if (wanted.has(word) && !found.has(word)) found.set(word, file);
    }
    const own = /\/([A-Z]\w+)\.(?:db\.)?test\.ts$/.exec(file)?.[1];
    if (own && wanted.has(own) && !found.has(own)) found.set(own, file);
  }
  return found;
}

/** The sweep calls every RPC, so it shows none in particular. */
function isWitness(file) {
  if (/^acceptance\/.*sweep/.test(file)) return false;
  return (
    /^acceptance\/(python|rest)\/test_.*\.py$|^acceptance\/node\/.*\.suite\.mjs$/.test(file) ||
    (/\.test\.ts$/.test(file) && isTest(file))
  );
}

function rank(file) {
  if (file.startsWith('acceptance/python')) return 0;
  if (file.startsWith('acceptance/')) return 1;
  return file.includes('/handlers/') ? 2 : 3;
}

function findProblems(rpcs, data, names) {
  const untested = rpcs.filter(({ standing, test }) => standing !== 'not yet' && !test);
  const all = [...rpcs.map(({ name, standing }) => [name, standing]), ...capabilities(data.areas)];
  return [
    ...untested.map(({ name }) => `${name} is said to work, and no test names it`),
    ...Object.keys(data.rpcs)
      .filter((name) => !names.has(name))
      .map((name) => `acceptance/coverage.json: there is no RPC ${name}`),
    ...all
      .filter(([, standing]) => !STANDINGS.includes(standing))
      .map(([id, standing]) => `${id}: '${standing}' is none of ${STANDINGS.join(', ')}`),
  ];
}

function capabilities(areas) {
  return areas.flatMap((area) =>
    Object.entries(area.capabilities).map(([id, { status }]) => [id, status]),
  );
}

function writePage(rpcs, areas) {
  const lines = [
    '# Coverage',
    '',
    'Written by `tools/coverage.mjs`; the sweep in `acceptance/python/test_sweep.py` calls every RPC and holds this page to it.',
    '',
    count(
      'RPCs',
      rpcs.map(({ standing }) => standing),
    ),
    count(
      'Capabilities',
      capabilities(areas).map(([, standing]) => standing),
    ),
    '',
    '*works*: does what the official clients and the documentation ask of it. *partial*: the note says what is missing.',
    '*not yet*: an RPC answers status 10040 (not implemented).',
    '',
    '## RPCs',
    '',
    '| RPC | Standing | Shown by | Note |',
    '|---|---|---|---|',
    ...rpcs.map(({ name, standing, test, note }) =>
      row(`\`${name}\``, standing, test && `\`${test}\``, note),
    ),
  ];
  for (const { title, capabilities: found } of areas) {
    lines.push('', `## ${title}`, '', '| Id | Capability | Standing | Note |', '|---|---|---|---|');
    for (const [id, { title: what, status, note }] of Object.entries(found))
      lines.push(row(id, what, status, note ?? ''));
  }
  return `${lines.join('\n')}\n`;
}

function row(...cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function count(what, standings) {
  const each = STANDINGS.map(
    (standing) => `${standings.filter((found) => found === standing).length} ${standing}`,
  );
  return `- ${what}: ${standings.length}: ${each.join(', ')}`;
}
