import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StatusError, statusInfo } from '@limpid/wire/status';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockHome } from './home/lock.ts';
import { openHome } from './home.ts';

let folder = '';
let home = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'limpid-home-'));
  home = join(folder, 'home');
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;

async function openElsewhere(): Promise<{ child: ChildProcess; said: string }> {
  const fixture = fileURLToPath(new URL('home/home.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, said: String(line) };
}

test('makes a private folder with a marker, and knows it again', async () => {
  const first = await openHome(home);
  expect(first.isNew).toBe(true);
  expect(modeOf(home)).toBe(0o700);
  expect(modeOf(first.folders.blobs)).toBe(0o700);
  expect(JSON.parse(readFileSync(join(home, 'limpid-home.json'), 'utf8'))).toEqual(first.marker);
  await first.close();

  await using second = await openHome(home);
  expect(second.isNew).toBe(false);
  expect(second.marker).toEqual(first.marker);
});

test('closes a folder that others could read', async () => {
  mkdirSync(home, { mode: 0o755 });
  chmodSync(home, 0o755);
  await using _open = await openHome(home);
  expect(modeOf(home)).toBe(0o711);
});

test('refuses a folder that holds other things', async () => {
  mkdirSync(home);
  writeFileSync(join(home, 'thesis.txt'), 'mine');
  await expect(openHome(home)).rejects.toThrow('it holds thesis.txt');
  expect(readdirSync(home)).toEqual(['thesis.txt']);
});

test('refuses a home of a newer release, and leaves it as it was', async () => {
  mkdirSync(home);
  writeFileSync(join(home, 'limpid-home.json'), '{"format":99,"created":"2030-01-01T00:00:00Z"}');
  await expect(openHome(home)).rejects.toThrow('written by a newer release (format 99');
  expect(readdirSync(join(home, 'lock'))).toEqual([]);
});

test.each(['', '{}', '{"format":"1"}'])('refuses the damaged marker %j', async (text) => {
  mkdirSync(home);
  writeFileSync(join(home, 'limpid-home.json'), text);
  await expect(openHome(home)).rejects.toThrow('is damaged');
});

describe('one at a time', () => {
  test('a second open is refused, in this process and in another, until the first closes', async () => {
    const first = await openHome(home);
    await expect(openHome(home)).rejects.toThrow(`in use by process ${process.pid}`);
    expect((await openElsewhere()).said).toContain(`in use by process ${process.pid}`);
    await first.close();
    await (await openHome(home)).close();
  });

  test('kill -9 leaves no claim behind', async () => {
    const { child, said } = await openElsewhere();
    expect(said).toBe('open');
    await expect(openHome(home)).rejects.toThrow(`in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await openHome(home)).close();
  });

  test('of many that start after a kill -9, one gets it', async () => {
    const { child } = await openElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => openHome(home)));
    const open = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    expect(open).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('is in use');
    }
    await open[0]?.close();
  });

  test('a pid that somebody else has by now is no claim', async () => {
    await (await openHome(home)).close();
    const stale = { pid: process.pid, start: 'another boot:1', namespace: '', host: 'here' };
    const lock = join(home, 'lock');
    await using first = await openHome(home);
    const [name = ''] = readdirSync(lock);
    const { namespace } = JSON.parse(readFileSync(join(lock, name), 'utf8')) as {
      namespace: string;
    };
    await first.close();
    writeFileSync(join(lock, '7'), JSON.stringify({ ...stale, namespace }));
    await (await openHome(home)).close();
  });

  test('a holder in another container counts while its heart beats', async () => {
    const beatMs = 200;
    (await lockHome(home, beatMs)).release();
    const file = join(home, 'lock', '7');
    writeFileSync(
      file,
      JSON.stringify({ pid: 7, start: 'x', namespace: 'elsewhere', host: 'box' }),
    );
    const beat = setInterval(() => utimesSync(file, new Date(), new Date()), beatMs);
    await expect(lockHome(home, beatMs)).rejects.toThrow('in use by process 7 on box');
    clearInterval(beat);
    (await lockHome(home, beatMs)).release();
  });

  test('a long silent holder elsewhere is not waited for', async () => {
    await (await openHome(home)).close();
    const file = join(home, 'lock', '7');
    writeFileSync(
      file,
      JSON.stringify({ pid: 7, start: 'x', namespace: 'elsewhere', host: 'box' }),
    );
    const hourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(file, hourAgo, hourAgo);
    await (await openHome(home)).close();
  });
});

describe('the secret key', () => {
  const given = Buffer.alloc(32, 7).toString('base64');

  test('is made once and kept from other users', async () => {
    const first = await openHome(home);
    const key = await first.secretKey();
    expect(key).toHaveLength(32);
    expect(modeOf(join(home, 'secret.key'))).toBe(0o600);
    await first.close();
    await using second = await openHome(home);
    expect(await second.secretKey()).toEqual(key);
  });

  test('when given, is not written down', async () => {
    await using open = await openHome(home, { secretKey: given });
    expect(await open.secretKey()).toEqual(Buffer.alloc(32, 7));
    expect(readdirSync(home)).not.toContain('secret.key');
  });

  test('must stay the same', async () => {
    const first = await openHome(home, { secretKey: given });
    await first.secretKey();
    await first.close();
    const other = await openHome(home, { secretKey: Buffer.alloc(32, 8).toString('base64') });
    await expect(other.secretKey()).rejects.toThrow('not the key');
    await other.close();
    const none = await openHome(home);
    await expect(none.secretKey()).rejects.toThrow('set it again');
    await none.close();
    await using same = await openHome(home, { secretKey: given });
    expect(await same.secretKey()).toEqual(Buffer.alloc(32, 7));
  });

  test.each(['', 'short', `${given}AAAA`, 'not base64 at all, but it is thirty-two or so'])(
    '%j is refused',
    async (secretKey) => {
      await using open = await openHome(home, { secretKey });
      await expect(open.secretKey()).rejects.toThrow('32 bytes in base64');
    },
  );
});

describe('the disk guard', () => {
  test('lets writes pass while the reserve is untouched', async () => {
    await using open = await openHome(home, { reserveBytes: 1 });
    await open.assertSpace(home, 1000);
  });

  test('refuses what would touch the reserve, for a while only', async () => {
    await using open = await openHome(home, { reserveBytes: 2 ** 60 });
    const error = await open.assertSpace(home).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StatusError);
    expect(statusInfo((error as StatusError).code).audience).toBe('later');
    expect((error as StatusError).details).toContain('the disk is almost full');
  });

  test('counts what it has promised since it last looked', async () => {
    await using open = await openHome(home, { reserveBytes: 0 });
    const huge = 2 ** 60;
    await expect(open.assertSpace(home, huge)).rejects.toThrow('almost full');
    await open.assertSpace(home, 1);
  });
});
