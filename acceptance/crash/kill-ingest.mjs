#!/usr/bin/env node
// Kills the platform with SIGKILL twice while the official SDK uploads 1,000 images, starts it again each time, and
// looks whether every image is there once, finished, with its labels and its bytes.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root, until, withInstance } from './instance.mjs';

const COUNT = 1000;
const KILL_AT = [150, 500];
const python = path.join(root, '.cache/venv/bin/python');

await withInstance(async (instance) => {
  const ask = (where, init) => instance.ask(where, init);
  await ask('apps', { method: 'POST', body: JSON.stringify({ apps: [{ id: 'crash' }] }) });
  const uploaded = upload(instance);
  for (const count of KILL_AT) {
    await until(async () => (await counts(ask)).processed >= count);
    await instance.end('SIGKILL');
    await instance.start();
    const { processed, to_process, processing } = await counts(ask);
    console.log(
      `killed at ${count}: ${processed} done, ${to_process} waiting, ${processing} in work`,
    );
  }
  if ((await uploaded) !== 0) throw new Error('the upload failed');
  await until(async () => {
    const { to_process, processing } = await counts(ask);
    return to_process + processing === 0;
  });
  await verify(ask, instance.pat);
  return `kill-ingest: ${COUNT} images, ${KILL_AT.length} kills: every one is there once, finished`;
});

async function verify(ask, pat) {
  const { inputs } = await ask('apps/crash/inputs?per_page=1000');
  const more = await ask('apps/crash/inputs?per_page=1000&page=2');
  const ids = new Set(inputs.map(({ id }) => id));
  const problems = [
    ...(ids.size === COUNT ? [] : [`${ids.size} different inputs`]),
    ...(more.inputs?.length ? ['more inputs than were sent'] : []),
    ...inputs
      .filter(({ status }) => status.code !== 30000)
      .map(({ id, status }) => `${id}: ${status.details}`),
    ...inputs
      .filter(({ data }) => data.concepts?.length !== 1)
      .map(({ id }) => `${id} has lost its label`),
    ...inputs
      .filter(({ data }) => data.image.image_info?.width !== 64)
      .map(({ id }) => `${id} was not looked at`),
  ];
  for (const { id, data } of inputs.filter((_, n) => n % 50 === 0)) {
    const answer = await fetch(data.image.url, { headers: { authorization: `Key ${pat}` } });
    if (answer.headers.get('content-type') !== 'image/png') problems.push(`${id} has no bytes`);
  }
  const { inputs_add_jobs: jobs } = await ask('apps/crash/inputs/jobs/add?per_page=1000');
  const done = jobs.reduce((sum, { progress }) => sum + Number(progress.success_count), 0);
  if (done !== COUNT) problems.push(`the jobs count ${done} successes`);
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
}

async function counts(ask) {
  return (await ask('apps/crash/inputs/status')).counts;
}

function upload({ url, userId, pat }) {
  const env = {
    ...process.env,
    CLARIFAI_USER_ID: userId,
    CLARIFAI_APP_ID: 'crash',
    CLARIFAI_API_BASE: url,
    CLARIFAI_PAT: pat,
  };
  const script = path.join(root, 'acceptance/crash/upload.py');
  const child = spawn(python, [script], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.on('exit', resolve));
}
