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
  let changed;
  let stopped;
  let wake = () => undefined;
  const next = () =>
    new Promise((resolve) => {
      wake = resolve;
      if (changed || stopped) resolve();
    });

  let timer;
  const onChange = (folder) => (_, name) => {
    const file = `${folder}/${name}`;
    if (!name || isTest(file) || /(^|\/)(dist|gen|node_modules)(\/|\.|$)/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      changed = file;
      wake();
    }, 150);
  };
  const watchers = ['packages', 'apps'].map((folder) =>
    watch(path.join(root, folder), { recursive: true }, onChange(folder)),
  );
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      stopped = signal;
      wake();
    });
  }

  while (!stopped) {
    changed = undefined;
    const child = await launch(given);
    if (!stopped) await next();
    if (changed && !stopped) console.log(`\ndev: ${changed} changed`);
    process.exitCode = (await end(child, stopped ?? 'SIGTERM')) ?? 0;
  }
  clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
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
