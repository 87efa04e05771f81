#!/usr/bin/env node
// Fills the disk under the running platform: first into the reserve, then to the last byte, while clients go on writing.
// Whoever is refused is told to come later, reading goes on, and once there is room again everything is as it was
// acknowledged. The disk is a file system in memory, in a mount namespace of its own; that needs more rights and memory
// than every machine has, so it is run by hand.
import { appendFileSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { listInputs, scenario, until, untilProcessed } from './rig.mjs';

const MB = 1024 * 1024;
const DISK_MB = 1200;
// The disk is full; the database has no room to begin again.
const GONE = 40015;
const LATER = [98014, GONE];
// How long the platform trusts what it was told of the room, and a little more.
const TRUSTED_MS = 1_100;

await scenario('full-disk', { diskMb: DISK_MB }, async (rig) => {
  const { inside } = rig;
  const filler = inside('filler');
  const free = () => {
    const { bavail, bsize } = statfsSync(inside('home'));
    return bavail * bsize;
  };
  const taken = [];
  const post = async (id) => {
    const data = { image: { base64: picture(taken.length) } };
    const answer = await rig.tell('apps/crash/inputs', {
      method: 'POST',
      body: JSON.stringify({ inputs: [{ id, data }] }),
    });
    if (answer.body.status.code === 10000) taken.push(id);
    return answer;
  };

  for (let n = 0; n < 20; n += 1) must(await post(`before-${n}`), 200, [10000]);

  // Into the reserve: no more input is taken, all else works.
  writeFileSync(filler, Buffer.alloc(Math.max(0, free() - 500 * MB)));
  await sleep(TRUSTED_MS);
  for (let n = 0; n < 5; n += 1) must(await post(`reserve-${n}`), 503, [98014]);
  must(await rig.tell('apps/crash/concepts', concept('in-the-reserve')), 200, [10000]);
  if ((await listInputs(rig)).length !== taken.length) throw new Error('inputs are not read');

  const kept = [];
  const told = new Map();
  const write = async (id) => {
    const answer = await rig.tell('apps/crash/concepts', concept(id, 20_000));
    const { code } = answer.body.status;
    told.set(code, (told.get(code) ?? 0) + 1);
    if (code === 10000) kept.push(id);
    else must(answer, 503, LATER);
    return code;
  };

  // To the last byte: tables do not grow any more.
  const chunk = Buffer.alloc(MB);
  try {
    for (;;) appendFileSync(filler, chunk);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  }
  for (let n = 0; n < 5; n += 1) await write(`full-${n}`);
  must(await post('full'), 503, LATER);
  // Too little for the next piece of its log: the database ends, and can not begin again before there is room.
  truncateSync(filler, statSync(filler).size - 15 * MB);
  for (let n = 0; n < 400; n += 1) if ((await write(`log-${n}`)) === GONE) break;
  if (!told.has(98014) || !told.has(GONE)) throw new Error(`never full: ${[...told.keys()]}`);
  must(await post('gone'), 503, LATER);

  rmSync(filler);
  await until(async () => (await fetch(`${rig.url}/readyz`)).ok);
  await sleep(TRUSTED_MS);
  must(await post('after'), 200, [10000]);
  await untilProcessed(rig);
  const inputs = await listInputs(rig);
  const wrong = inputs.filter(({ id, status }) => !taken.includes(id) || status.code !== 30000);
  if (wrong.length > 0 || inputs.length !== taken.length)
    throw new Error(`${inputs.length} inputs of ${taken.length}, wrong: ${JSON.stringify(wrong)}`);
  for (const id of kept) must(await rig.tell(`apps/crash/concepts/${id}`), 200, [10000]);
  const answers = [...told].map(([code, times]) => `${times} × ${code}`).join(', ');
  return `${taken.length} inputs, ${kept.length} concepts on a full disk; answers there: ${answers}`;
});

function must({ http, body }, status, codes) {
  if (http === status && codes.includes(body.status.code)) return;
  throw new Error(`answered ${http} ${JSON.stringify(body.status)} instead of ${status} ${codes}`);
}

function concept(id, bytes = 10) {
  // What no compression makes small.
  const definition = Array.from({ length: bytes }, () =>
    String.fromCharCode(0x4e00 + Math.floor(Math.random() * 20_000)),
  ).join('');
  return { method: 'POST', body: JSON.stringify({ concepts: [{ id, definition }] }) };
}

/** A bitmap of a few points, different for each number. */
function picture(n) {
  const side = 20;
  const bytes = Buffer.alloc(54 + side * side * 3, n % 256);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.fill(0, 6, 54);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes.toString('base64');
}
