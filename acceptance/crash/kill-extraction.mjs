#!/usr/bin/env node
// Kills the platform with SIGKILL between the parts of an archive's upload and twice while inputs are made of it, starts
// it again each time, and looks whether every file became an input once, and was counted once.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listInputs, scenario, until } from './rig.mjs';

const COUNT = 1500;
const KILL_AT = [200, 700];
const makeArchive = `import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
  for n in range(${COUNT}):
    z.writestr(f"folder/{n}.txt", f"text {n} " + os.urandom(30_000).hex())`;

await scenario('kill-extraction', async (rig) => {
  const call = (method, where, body) => rig.ask(where, { method, body: JSON.stringify(body) });
  const file = path.join(tmpdir(), `limpid-archive-${process.pid}.zip`);
  execFileSync('python3', ['-c', makeArchive, file]);
  const archive = readFileSync(file);
  rmSync(file);
  const made = await call('POST', 'apps/crash/inputs/uploads', {
    inputs_uploads: [{ upload: { content_name: 'a.zip', content_length: archive.length } }],
  });
  const [job] = made.inputs_add_jobs;
  const [{ id: extraction }] = job.extraction_jobs;
  await send(rig, job.uploads[0].id, archive, call);
  const extracted = async () => {
    const found = await rig.ask(`apps/crash/inputs/jobs/extraction/${extraction}`);
    return found.inputs_extraction_job;
  };
  for (const count of KILL_AT) {
    await until(async () => Number((await extracted()).progress.text_inputs_count) >= count);
    await rig.end('SIGKILL');
    await rig.start();
    const { progress, status } = await extracted();
    console.log(`killed at ${count}: ${progress.text_inputs_count} made, ${status.description}`);
  }
  await until(async () => ![64000, 64001].includes((await extracted()).status.code));
  await until(async () => {
    const { inputs_add_job: now } = await rig.ask(`apps/crash/inputs/jobs/add/${job.id}`);
    return now.status.code === 64002;
  });
  await verify(rig, job.id, await extracted());
  return `${COUNT} files, ${KILL_AT.length + 1} kills: every one is an input once`;
});

/** In parts, backwards, with a kill in between; all of them are sent again afterwards. */
async function send(rig, upload, archive, call) {
  const size = Math.ceil(archive.length / 5);
  const put = async (number) => {
    const data = archive.subarray((number - 1) * size, number * size).toString('base64');
    const parts = { content_parts: [{ part_number: number, data }] };
    const answer = await call('PUT', `apps/crash/uploads/${upload}/content_parts`, parts);
    if (answer.status.code !== 10000) throw new Error(JSON.stringify(answer.status));
  };
  for (const number of [5, 4, 3]) await put(number);
  await rig.end('SIGKILL');
  await rig.start();
  for (const number of [5, 4, 3, 2, 1]) await put(number);
}

async function verify(rig, jobId, extraction) {
  const ids = new Set();
  for (const { id, status } of await listInputs(rig)) {
    if (ids.has(id) || status.code !== 30000) throw new Error(`${id}: ${status.details}`);
    ids.add(id);
  }
  const { inputs_add_job: job } = await rig.ask(`apps/crash/inputs/jobs/add/${jobId}`);
  const counted = [
    ids.size,
    Number(extraction.progress.text_inputs_count),
    Number(job.progress.success_count),
  ];
  if (counted.some((count) => count !== COUNT) || Number(job.progress.failed_count ?? 0) !== 0)
    throw new Error(`inputs, extracted, successes: ${counted}; ${JSON.stringify(job.progress)}`);
}
