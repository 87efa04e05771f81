#!/usr/bin/env node
// npm run build: bundles apps/platform for production. Costs one hash when nothing changed.
//
// 1. `apps/platform/src/limpid.ts` and every `apps/platform/src/entries/*.ts` become entry points.
// 2. `new URL('./x.ts', import.meta.url)` in our sources names a worker: it becomes an entry point too.
// 3. `new URL('../data', import.meta.url)` names data: it is copied to dist/assets and the URL follows it.
// 4. Dependencies stay outside, in node_modules.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { keepOurs } from './check/keep-ours.mjs';
import { isTest } from './check/sources.mjs';
import { root, run, seconds } from './shell.mjs';

const platform = path.join(root, 'apps/platform');
export const dist = path.join(platform, 'dist');
export const limpid = path.join(dist, 'limpid.js');
const stamp = path.join(dist, '.stamp');
const BESIDE = /new URL\(\s*(['"])(\.{1,2}\/[^'"]*)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/** Generates and bundles what is out of date; does nothing when all is current. */
export async function ensureBuilt({ quiet = false } = {}) {
  const generated = await run(process.execPath, ['tools/generate.mjs'], {
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
  });
  if (generated !== 0) throw new Error('tools/generate.mjs failed');
  const hash = hashInputs();
  if (existsSync(limpid) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false;
  const started = performance.now();
  await bundle();
  writeFileSync(stamp, hash);
  if (!quiet) console.log(`build: ${path.relative(root, dist)} in ${seconds(started)}`);
  return true;
}

/** Everything that may end up in dist. */
function inputFiles() {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => path.join(root, group, name)),
  );
  const files = folders.flatMap((folder) => listFiles(folder));
  return [
    ...files,
    path.join(root, 'package-lock.json'),
    path.join(root, 'tsconfig.json'),
    import.meta.filename,
  ].sort();
}

const LEFT_OUT = new Set(['node_modules', 'dist', 'test']);

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(file);
    return entry.isFile() && !isTest(path.relative(root, file)) ? [file] : [];
  });
}

function hashInputs() {
  const hash = createHash('sha256');
  for (const file of inputFiles())
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function bundle() {
  const beside = findBeside();
  // Loaded only when there is something to build, and its service ended: a started platform is one process.
  const esbuild = await import('esbuild');
  const next = `${dist}.${process.pid}`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  try {
    await esbuild.build({
      entryPoints: entryPoints(beside),
      outdir: next,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      sourcesContent: false,
      chunkNames: 'chunk-[hash]',
      logLevel: 'warning',
      absWorkingDir: root,
      plugins: [keepOurs(root), followBeside(beside)],
    });
    for (const [source, { asset }] of beside)
      if (asset) cpSync(source, path.join(next, asset), { recursive: true });
    replaceDist(next);
  } finally {
    await esbuild.stop();
    rmSync(next, { recursive: true, force: true });
  }
}

/** Moves file by file: a platform that runs from the last build keeps the chunks it may still load, for a day. */
function replaceDist(next) {
  const made = filesBelow(next);
  const kept = new Set(made.map((file) => path.relative(next, file)));
  for (const file of made) {
    const target = path.join(dist, path.relative(next, file));
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(file, target);
  }
  for (const file of filesBelow(dist)) {
    const isOld = Date.now() - statSync(file).mtimeMs > 24 * 3600 * 1000;
    if (isOld && !kept.has(path.relative(dist, file))) rmSync(file);
  }
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

function entryPoints(beside) {
  const entries = [{ in: path.join(platform, 'src/limpid.ts'), out: 'limpid' }];
  const folder = path.join(platform, 'src/entries');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name.endsWith('.ts') && !isTest(`apps/platform/src/entries/${name}`)) {
      entries.push({ in: path.join(folder, name), out: path.basename(name, '.ts') });
    }
  }
  for (const [source, { script }] of beside)
    if (script) entries.push({ in: source, out: script.replace(/\.js$/, '') });
  return entries;
}

/** Absolute path of what a `new URL(…, import.meta.url)` names → where it goes in dist. */
function findBeside() {
  const beside = new Map();
  for (const file of inputFiles().filter(
    (name) => /\/src\/.*\.ts$/.test(name) && !name.includes('/gen/'),
  )) {
    for (const [, , relative] of readFileSync(file, 'utf8').matchAll(BESIDE)) {
      const target = path.resolve(path.dirname(file), relative);
      if (!existsSync(target))
        throw new Error(`${path.relative(root, file)} names ${relative}, which is not there`);
      const name = path
        .relative(root, target)
        .replace(/^(packages|apps)\//, '')
        .replaceAll(path.sep, '/');
      const isScript = statSync(target).isFile() && target.endsWith('.ts');
      beside.set(
        target,
        isScript
          ? { script: `${name.replaceAll('/', '-').slice(0, -3)}.js` }
          : { asset: `assets/${name}` },
      );
    }
  }
  return beside;
}

function followBeside(beside) {
  return {
    name: 'follow-beside',
    setup(builder) {
      builder.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path: file }) => {
        if (file.includes('/gen/') || !existsSync(file)) return undefined;
        const text = readFileSync(file, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const contents = text.replace(BESIDE, (_, quote, relative) => {
          const { script, asset } = beside.get(path.resolve(path.dirname(file), relative));
          // Entry points and chunks all lie at the top of dist.
          const slash = asset && relative.endsWith('/') ? '/' : '';
          return `new URL(${quote}./${script ?? asset}${slash}${quote}, import.meta.url)`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  try {
    if (!(await ensureBuilt())) console.log('build: nothing changed');
  } catch (error) {
    // esbuild has told where; its stack tells nothing more.
    console.error(`build: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    process.exitCode = 1;
  }
}
