import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BuildOrder } from './build-graph.ts';

/** Builds a graph in a process of its own. Rejects with the last of what that process wrote. */
export function runBuild(program: string | undefined, order: BuildOrder, signal: AbortSignal) {
  const entry = program ?? fileURLToPath(new URL('./build-graph.ts', import.meta.url));
  const loader = entry.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(process.execPath, [...loader, entry, JSON.stringify(order)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Not in our terminal's group: an interrupt is for the platform, which ends the build in its turn.
    detached: true,
    signal,
    killSignal: 'SIGKILL',
  });
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-2_000);
  });
  return new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new Error(`The build of a graph ended with ${killedBy ?? code}: ${tail.trim()}`));
    });
  });
}
