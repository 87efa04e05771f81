#!/usr/bin/env node
// Ends the database under the running platform, by force and by order, while the official SDK uploads images and four
// bare clients, who repeat nothing, add texts. Every image must be there once and finished, and every text that was
// acknowledged; whoever was refused was told to come later.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import {
  counts,
  createRig,
  listInputs,
  problemsOf,
  scenario,
  until,
  untilProcessed,
} from './rig.mjs';

const IMAGES = 400;
const WRITERS = 4;
// Killed; shut down at once, as an impatient operator does; shut down in order, sessions first.
const ENDS = ['SIGKILL', 'SIGQUIT', 'SIGINT'];
// The database is restarting; it takes no more connections.
const LATER = new Set([40015, 40016]);
const isImage = ({ id }) => id.startsWith('image-');

await scenario('restart-database', (rig) => restart(rig, rig.home));

// The same with a database that is none of the platform's business: that of another platform, which keeps it running.
const host = await createRig();
try {
  const env = { DATABASE_URL: await makeDatabase(host.home) };
  await scenario('restart-database, external', { env }, (rig) => restart(rig, host.home));
} finally {
  await host.end('SIGTERM');
  host.forget();
}

/** `home` is that in which the database stands. */
async function restart(rig, home) {
  let over = false;
  const writers = Array.from({ length: WRITERS }, (_, n) => addTexts(rig, n, () => over));
  const uploaded = rig.upload(IMAGES);
  for (const [n, signal] of ENDS.entries()) {
    await until(async () => (await processed(rig)) >= (n + 1) * 80);
    const before = databasePid(home);
    process.kill(before, signal);
    await until(async () => databasePid(home) !== before && (await isReady(rig)));
  }
  if ((await uploaded) !== 0) throw new Error('the upload failed');
  over = true;
  const sent = (await Promise.all(writers)).flat();
  await untilProcessed(rig);
  const inputs = await listInputs(rig);
  const problems = [
    ...(await problemsOf(rig, inputs.filter(isImage), IMAGES)),
    ...problemsOfTexts(
      sent,
      inputs.filter((input) => !isImage(input)),
    ),
  ];
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
  const refused = sent.filter(({ code }) => code !== 10000).length;
  return `${ENDS.length} restarts, ${IMAGES} images and ${sent.length} texts, of which ${refused} were told to come later`;
}

/** One text after the other; what was answered to each. */
async function addTexts({ tell }, writer, isOver) {
  const sent = [];
  while (!isOver()) {
    const id = `text-${writer}-${sent.length}`;
    const inputs = [{ id, data: { text: { raw: `words of ${id}`, text_info: {} } } }];
    const { http, body } = await tell('apps/crash/inputs', {
      method: 'POST',
      body: JSON.stringify({ inputs }),
    });
    sent.push({ id, http, code: body.status.code, details: body.status.details });
  }
  return sent;
}

function problemsOfTexts(sent, found) {
  const copies = new Map();
  for (const { id } of found) copies.set(id, (copies.get(id) ?? 0) + 1);
  const names = new Set(sent.map(({ id }) => id));
  const taken = sent.filter(({ code }) => code === 10000);
  return [
    ...(taken.length > 0 ? [] : ['no text was taken']),
    ...taken.filter(({ id }) => !copies.has(id)).map(({ id }) => `${id} was taken and is lost`),
    ...found.filter(({ id }) => !names.has(id)).map(({ id }) => `${id} was never sent`),
    ...[...copies].filter(([, n]) => n > 1).map(([id, n]) => `${id} is there ${n} times`),
    ...found
      .filter(({ status }) => status.code !== 30000)
      .map(({ id, status }) => `${id} ended with ${status.code}: ${status.details}`),
    ...sent
      .filter(({ code, http }) => code !== 10000 && !(http === 503 && LATER.has(code)))
      .map(({ id, code, http, details }) => `${id} was answered ${code} (${http}): ${details}`),
  ];
}

async function processed(rig) {
  // While the database is away there are no counts.
  return (await counts(rig).catch(() => undefined))?.processed ?? 0;
}

async function isReady({ url }) {
  return (await fetch(`${url}/readyz`)).ok;
}

async function makeDatabase(home) {
  const host = readPidFile(home)[4];
  const client = new pg.Client({ host, user: 'limpid', database: 'postgres' });
  await client.connect();
  await client.query('create database elsewhere');
  await client.end();
  return `postgresql://limpid@/elsewhere?host=${encodeURIComponent(host)}`;
}

function databasePid(home) {
  try {
    return Number(readPidFile(home)[0]);
  } catch {
    return undefined;
  }
}

/** Process id, folder, start, port, folder of the socket. */
function readPidFile(home) {
  return readFileSync(path.join(home, 'pg/postmaster.pid'), 'utf8').split('\n');
}
