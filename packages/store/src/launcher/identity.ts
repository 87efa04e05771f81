// Postgres refuses to run as root. Under root it therefore runs in a user namespace of its own, where root's files
// belong to an ordinary user; where the system forbids namespaces, it runs as the account `nobody`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../log.ts';
import type { Binaries } from './binaries.ts';

export type Identity =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace'; readonly prefix: readonly string[] }
  | { readonly kind: 'account'; readonly uid: number; readonly gid: number };

export type IdentityKind = Identity['kind'];

interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface IdentityQuestion {
  readonly binaries: Binaries;
  readonly dataDir: string;
  readonly log: Log;
  /** Leaves out the ways that come before it: for tests of the later ones. */
  readonly only?: IdentityKind;
}

/** Decides as whom Postgres runs on this data folder, or explains why it can't. */
export async function chooseIdentity(question: IdentityQuestion): Promise<Identity> {
  if (process.getuid?.() !== 0) return { kind: 'self' };
  const account = findAccount('nobody');
  const owner = existsSync(question.dataDir) ? statSync(question.dataDir).uid : 0;
  if (owner === 0 && question.only !== 'account') {
    const namespace = namespaceFor(account);
    if (runs(namespace, question.binaries.postgres)) return namespace;
  }
  if (question.only !== 'namespace') {
    const other = accountFor(account, owner);
    if (await openFolders(other, question)) return other;
  }
  throw new Error(refusal(question.dataDir));
}

function namespaceFor(account: Account): Identity {
  const { uid, gid } = account;
  return {
    kind: 'namespace',
    prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`],
  };
}

/** A data folder once given to an account stays with it. */
function accountFor(nobody: Account, owner: number): Identity & Account {
  if (owner === 0 || owner === nobody.uid) return { kind: 'account', ...nobody };
  return { kind: 'account', uid: owner, gid: nobody.gid };
}

/** Entered folders need the search bit for others; the home is given it, its contents stay closed. */
async function openFolders(identity: Identity, question: IdentityQuestion): Promise<boolean> {
  if (!runs(identity, question.binaries.postgres)) return false;
  const home = dirname(question.dataDir);
  if (canEnter(identity, home)) return true;
  const { mode, uid } = statSync(home);
  if (uid !== 0) return false;
  await chmod(home, (mode & 0o7777) | 0o011);
  if (!canEnter(identity, home)) {
    await chmod(home, mode & 0o7777);
    return false;
  }
  question.log.warn(
    { folder: home },
    'other accounts may now pass through this folder (not list it): Postgres runs as nobody',
  );
  return true;
}

/** Command line and spawn options that run a program under an identity. */
export function commandAs(
  identity: Identity,
  program: string,
  args: readonly string[],
): { file: string; args: string[]; options: { uid?: number; gid?: number } } {
  switch (identity.kind) {
    case 'self':
      return { file: program, args: [...args], options: {} };
    case 'account':
      return { file: program, args: [...args], options: { uid: identity.uid, gid: identity.gid } };
    case 'namespace': {
      const [file = 'unshare', ...rest] = identity.prefix;
      return { file, args: [...rest, program, ...args], options: {} };
    }
    default:
      return identity satisfies never;
  }
}

/** Gives a path of ours to the account that Postgres runs as. */
export async function giveTo(identity: Identity, path: string): Promise<void> {
  if (identity.kind === 'account') await chown(path, identity.uid, identity.gid);
}

/** All that Postgres' programs may inherit: nothing of ours reaches extensions, logs or crash dumps. */
export function reducedEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

function runs(identity: Identity, postgres: string): boolean {
  return succeeds(identity, postgres, ['--version']);
}

function canEnter(identity: Identity, folder: string): boolean {
  return succeeds(identity, 'sh', ['-c', 'cd "$0"', folder]);
}

function succeeds(identity: Identity, program: string, args: readonly string[]): boolean {
  const command = commandAs(identity, program, args);
  const result = spawnSync(command.file, command.args, {
    ...command.options,
    env: reducedEnvironment(),
    cwd: '/',
    stdio: 'ignore',
  });
  return result.status === 0;
}

/** An account by name; Postgres insists that the uid it runs under has one. */
function findAccount(name: string): Account {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

function refusal(dataDir: string): string {
  return [
    `PostgreSQL does not run as root, and no other way was found for ${dataDir}:`,
    'user namespaces are not allowed here (`unshare --user` fails),',
    'and the account nobody cannot enter that folder or the installed programs.',
    'Either start as an ordinary user, or set LIMPID_HOME to a folder that every user may enter,',
    'or set DATABASE_URL to a PostgreSQL server of your own.',
  ].join(' ');
}
