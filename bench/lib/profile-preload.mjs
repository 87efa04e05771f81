// Loaded into a platform before anything else: SIGUSR2 begins a CPU profile, the next one writes it to BENCH_PROFILE.
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

const folder = process.env.BENCH_PROFILE;
// What the platform's program starts on its way inherits this too.
const isPlatform = isMainThread && process.argv[1]?.endsWith('start.mjs');
if (isPlatform && folder) {
  const session = new Session();
  session.connect();
  let running = false;
  process.on('SIGUSR2', async () => {
    running = !running;
    if (running) {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      return;
    }
    const { profile } = await session.post('Profiler.stop');
    const file = path.join(folder, 'platform.cpuprofile');
    writeFileSync(`${file}.part`, JSON.stringify(profile));
    renameSync(`${file}.part`, file);
  });
  writeFileSync(path.join(folder, 'pid'), String(process.pid));
}
