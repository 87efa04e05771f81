#!/usr/bin/env node
import { spawn } from 'node:child_process';
// npm start: generates and builds what is out of date, then becomes the platform: one Node process.
// npm run dev (--dev): runs the build in a child that starts again whenever a source file changes.
import { watch } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, limpid } from './build.mjs';
import { isTest } from './check/sources.mjs';
import { root } from './shell.mjs';

const args = process.argv.slice(2);
if (args.includes('--dev')) await develop(args.filter((arg) => arg !== '--dev'));
else await become(args);

/** The platform sees the command line it would see from `limpid start`. */
async function become(given) {
  try {
    await ensureBuilt();
  } catch (error) {
    console.error(`start: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    process.exitCode = 1;
    return;
  }
  process.argv = [process.execPath, limpid, 'start', ...given];
  await import(pathToFileURL(limpid).href);
}

async function develop(given) {
  let child = await launch(given);
  let changed;
  let restarting = false;
  let ending = false;

  const restart = async () => {
    if (restarting) return;
    restarting = true;
    while (changed && !ending) {
      console.log(`\ndev: ${changed} changed`);
      changed = undefined;
      await end(child, 'SIGTERM');
      child = await launch(given);
    }
    restarting = false;
  };
  let timer;
  const onChange = (folder) => (_, name) => {
    const file = `${folder}/${name}`;
    if (!name || isTest(file) || /(^|\/)(dist|gen|node_modules)(\/|\.|$)/.test(file)) return;
    changed = file;
    clearTimeout(timer);
    timer = setTimeout(restart, 150);
  };
  const watchers = ['packages', 'apps'].map((folder) =>
    watch(path.join(root, folder), { recursive: true }, onChange(folder)),
  );
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, async () => {
      ending = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      process.exitCode = (await end(child, signal)) ?? 0;
    });
  }
}

/** Builds and starts; a build that fails has said why, and the next change tries again. */
async function launch(given) {
  try {
    await ensureBuilt();
  } catch (error) {
    console.error(`dev: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
  // A session of its own, so that Ctrl-C reaches it once: through us.
  return spawn(process.execPath, ['--enable-source-maps', limpid, 'start', ...given], {
    stdio: 'inherit',
    detached: true,
  });
}

function end(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(child?.exitCode);
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code));
    child.kill(signal);
  });
}
