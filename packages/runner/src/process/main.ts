// A process that serves built-in models. Its parent speaks JSON lines on stdin and reads them on stdout:
//   in   {"start": {…ServeModelsOptions}} once, then {"pull": modelId}, {"serve": Assignment}, {"release": runnerId}
//   out  {"pulled": modelId, "error"?: text}, {"ready": runnerId}, {"failed": runnerId, "error": text}, {"log": …}
// The end of stdin is the end of the parent, and of this process.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Assignment, createModelServer, type ModelServer } from './serve-models.ts';

interface Start {
  readonly baseUrl: string;
  readonly modelsDir: string;
  readonly threads: number;
  readonly inFlight: number;
  readonly replicaId: string;
  readonly rootCertificates?: string;
}

export type ToRunner =
  | { start: Start }
  | { pull: string }
  | { serve: Assignment }
  | { release: string };
export type FromRunner =
  | { pulled: string; error?: string }
  | { ready: string }
  | { failed: string; error: string }
  | { log: object };

export async function runModelProcess(): Promise<void> {
  let server: ModelServer | undefined;
  let pulls: Promise<unknown> = Promise.resolve();
  const say = (message: FromRunner): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  // The terminal's Ctrl-C reaches this process too; the platform decides when it ends.
  process.on('SIGINT', () => undefined);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    const message = JSON.parse(line) as ToRunner;
    if ('start' in message) {
      const { rootCertificates, ...start } = message.start;
      server = createModelServer({
        ...start,
        ...(rootCertificates && { rootCertificates: readFileSync(rootCertificates) }),
        log: (fields) => say({ log: fields }),
      });
    } else if ('pull' in message) {
      const pulled = message.pull;
      // One after the other: the first start of a laptop has other things to do.
      pulls = pulls.then(() =>
        server?.pull(pulled).then(
          () => say({ pulled }),
          (error: unknown) => say({ pulled, error: textOf(error) }),
        ),
      );
    } else if ('serve' in message) {
      const { runnerId } = message.serve;
      server?.serve(message.serve).then(
        () => say({ ready: runnerId }),
        (error: unknown) => say({ failed: runnerId, error: textOf(error) }),
      );
    } else {
      void server?.release(message.release);
    }
  }
  await server?.[Symbol.asyncDispose]();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
