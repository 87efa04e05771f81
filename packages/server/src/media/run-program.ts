import { spawn } from 'node:child_process';

export interface ProgramLimits {
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly signal: AbortSignal;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  /** The beginning of it. */
  readonly stderr: string;
  /** Why it was ended, where it was. */
  readonly ended?: 'time' | 'output' | 'aborted';
}

const maxStderr = 64 * 1024;

/** Runs a program on untrusted bytes: without our environment, within limits, and never beyond us. */
export function runProgram(
  program: string,
  args: readonly string[],
  limits: ProgramLimits,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const [command, given] = limited(program, args, limits);
    const child = spawn(command, given, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    });
    let ended: ProgramResult['ended'];
    const end = (why: ProgramResult['ended']): void => {
      ended ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end('time'), limits.seconds * 1000);
    const abort = (): void => end('aborted');
    limits.signal.addEventListener('abort', abort, { once: true });
    if (limits.signal.aborted) abort();

    const output: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.outputBytes) end('output');
      else output.push(chunk);
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < maxStderr) stderr += text;
    });
    const leave = (): void => {
      clearTimeout(timer);
      limits.signal.removeEventListener('abort', abort);
    };
    child.on('error', (error) => {
      leave();
      reject(error);
    });
    child.on('close', (code) => {
      leave();
      resolve({ code, stdout: Buffer.concat(output), stderr, ...(ended && { ended }) });
    });
  });
}

/** The shell sets the limits on itself and becomes the program, so there is one process to end. */
function limited(
  program: string,
  args: readonly string[],
  { seconds, memoryBytes }: ProgramLimits,
): [string, string[]] {
  if (process.platform === 'win32') return [program, [...args]];
  // macOS knows no limit on memory: the time and the output are limited all the same.
  const memory = `ulimit -v ${Math.floor(memoryBytes / 1024)} 2>/dev/null`;
  const script = `ulimit -c 0; ulimit -t ${Math.ceil(seconds)}; ${memory}; exec "$0" "$@"`;
  return ['/bin/sh', ['-c', script, program, ...args]];
}
