import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a thread from a bundle, or in development from a TypeScript source: Node itself can't load one, and a
 * thread doesn't inherit the loader of a test runner, so it gets tsx first.
 */
export function startThread(entry: URL | string, workerData: object): Worker {
  const url = entry instanceof URL ? entry : pathToFileURL(entry);
  if (!url.pathname.endsWith('.ts')) return new Worker(url, { workerData });
  const program = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
    register();
    await import(${JSON.stringify(url.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData });
}
