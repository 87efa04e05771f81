#!/usr/bin/env node
// Kills the platform with SIGKILL twice while the official SDK uploads 1,000 images, starts it again each time, and
// looks whether every image is there once, finished, with its labels and its bytes.
import { counts, listInputs, problemsOf, scenario, until, untilProcessed } from './rig.mjs';

const COUNT = 1000;
const KILL_AT = [150, 500];

await scenario('kill-ingest', async (rig) => {
  const uploaded = rig.upload(COUNT);
  for (const count of KILL_AT) {
    await until(async () => (await counts(rig)).processed >= count);
    await rig.end('SIGKILL');
    await rig.start();
    const { processed, to_process, processing } = await counts(rig);
    console.log(
      `killed at ${count}: ${processed} done, ${to_process} waiting, ${processing} in work`,
    );
  }
  if ((await uploaded) !== 0) throw new Error('the upload failed');
  await untilProcessed(rig);
  const problems = await problemsOf(rig, await listInputs(rig), COUNT);
  const { inputs_add_jobs: jobs } = await rig.ask('apps/crash/inputs/jobs/add?per_page=1000');
  const done = jobs.reduce((sum, { progress }) => sum + Number(progress.success_count), 0);
  if (done !== COUNT) problems.push(`the jobs count ${done} successes`);
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
  return `${COUNT} images, ${KILL_AT.length} kills: every one is there once, finished`;
});
