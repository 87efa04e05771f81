// What the tools share: where the repository is, and how they run programs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Path of a program that a dependency brings. */
export function bin(name) {
  return path.join(root, 'node_modules', '.bin', name);
}

/** Runs a program with our own standard streams; resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      ...options,
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? 128 : code));
  });
}

/** Runs a program and keeps what it printed, both streams in order. */
export function capture(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ? 128 : code, output }));
  });
}

/** Runs `npm` of the Node that runs us. */
export function npm(args, options = {}) {
  const beside = path.join(path.dirname(process.execPath), 'npm');
  return run(existsSync(beside) ? beside : 'npm', args, options);
}

/** Files that are, or would be, committed: relative paths with forward slashes. */
export async function committedFiles(cwd = root) {
  const listed = await capture(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd },
  );
  if (listed.code !== 0) throw new Error(`git ls-files: ${listed.output}`);
  const files = [...new Set(listed.output.split('\0'))].filter(
    (file) => file && existsSync(path.join(cwd, file)),
  );
  return files.sort();
}

export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
