import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './write.ts';

const bytes = 32;

/**
 * The instance's key: the given one, else the one that the home keeps, else a new one. What is stored under one key
 * can't be read under another, so the home remembers a fingerprint and refuses a key that doesn't fit.
 */
export async function loadSecretKey(home: string, given: string | undefined): Promise<Buffer> {
  const file = join(home, 'secret.key');
  const fingerprintFile = join(home, 'secret.fingerprint');
  const known = await readText(fingerprintFile);
  const stored = await readText(file);
  if (given === undefined && stored === undefined && known !== undefined) {
    throw new Error(`${home} was made with a LIMPID_SECRET_KEY of its own: set it again.`);
  }
  const key = parseKey(given ?? stored ?? randomBytes(bytes).toString('base64'));
  if (known !== undefined && known !== fingerprintOf(key)) {
    throw new Error(
      `LIMPID_SECRET_KEY is not the key that ${home} was made with: credentials in it would stop working.`,
    );
  }
  if (given === undefined && stored === undefined) {
    await writeDurably(file, `${key.toString('base64')}\n`);
  }
  if (known === undefined) await writeDurably(fingerprintFile, `${fingerprintOf(key)}\n`);
  return key;
}

/** Gives a home without a key the one that its contents were made with. */
export async function keepSecretKey(
  home: string,
  key: Buffer,
  given: string | undefined,
): Promise<void> {
  if (given !== undefined && !parseKey(given).equals(key)) {
    throw new Error('LIMPID_SECRET_KEY is not the key that the backup was made with.');
  }
  const fingerprintFile = join(home, 'secret.fingerprint');
  if (existsSync(fingerprintFile)) throw new Error(`${home} has a secret key already.`);
  if (given === undefined)
    await writeDurably(join(home, 'secret.key'), `${key.toString('base64')}\n`);
  await writeDurably(fingerprintFile, `${fingerprintOf(key)}\n`);
}

export function parseKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  const canonical = key.toString('base64').replace(/=+$/, '');
  const same =
    canonical === text.trim().replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (key.length !== bytes || !same) {
    throw new Error(
      'LIMPID_SECRET_KEY must be 32 bytes in base64 (openssl rand -base64 32 makes one).',
    );
  }
  return key;
}

function fingerprintOf(key: Buffer): string {
  return createHash('sha256')
    .update('limpid key fingerprint')
    .update(key)
    .digest('hex')
    .slice(0, 32);
}

async function readText(file: string): Promise<string | undefined> {
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined;
}
