// A process that serves built-in models. Its parent speaks JSON lines on stdin and reads them on stdout:
//   in   {"start": {…ServeModelsOptions}} once, then {"serve": Assignment} and {"release": runnerId}
//   out  {"ready": runnerId}, {"failed": runnerId, "error": text}, {"log": …}
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

export type ToRunner = { start: Start } | { serve: Assignment } | { release: string };
export type FromRunner = { ready: string } | { failed: string; error: string } | { log: object };

export async function runModelProcess(): Promise<void> {
  let server: ModelServer | undefined;
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
    } else if ('serve' in message) {
      const { runnerId } = message.serve;
      server?.serve(message.serve).then(
        () => say({ ready: runnerId }),
        (error: unknown) =>
          say({ failed: runnerId, error: error instanceof Error ? error.message : String(error) }),
      );
    } else {
      void server?.release(message.release);
    }
  }
  await server?.[Symbol.asyncDispose]();
}
