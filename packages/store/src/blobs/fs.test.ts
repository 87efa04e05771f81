import {
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
import { buffer } from 'node:stream/consumers';
import { fillDisk } from '@limpid/testkit/full-disk';
import { StatusError } from '@limpid/wire/status';
import { afterAll, expect, test } from 'vitest';
import { createDiskGuard } from '../home/space.ts';
import { blobsContract } from './contract.ts';
import { openFileBlobs } from './fs.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-blobs-'));
afterAll(() => rmSync(folder, { recursive: true }));

blobsContract('blobs in files', () => openFileBlobs(join(folder, 'contract')));

const text = { contentType: 'text/plain' };

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('a file begins with the content and is private', async () => {
  const root = join(folder, 'look');
  const blobs = await openFileBlobs(root);
  await blobs.put('apps/1/a', Buffer.from('hello'), text);
  const [file = ''] = filesUnder(root);
  expect(file).toMatch(/\/apps\/1\/~[0-9a-f]{2}\/a$/);
  expect(readFileSync(file, 'utf8').startsWith('hello')).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a failed write leaves no draft, an old draft of a killed process is removed', async () => {
  const root = join(folder, 'drafts');
  const blobs = await openFileBlobs(root);
  const wrong = { ...text, expectedSha256: '00' };
  await expect(blobs.put('a', Buffer.from('x'), wrong)).rejects.toThrow();
  expect(filesUnder(root)).toEqual([]);

  const old = join(root, '~drafts', 'old');
  const young = join(root, '~drafts', 'young');
  for (const draft of [old, young]) writeFileSync(draft, 'half a blob');
  const daysAgo = new Date(Date.now() - 48 * 3_600_000);
  utimesSync(old, daysAgo, daysAgo);
  await openFileBlobs(root);
  expect(filesUnder(root)).toEqual([young]);
});

test('a damaged file is an error, not an empty blob', async () => {
  const root = join(folder, 'damage');
  const blobs = await openFileBlobs(root);
  await blobs.put('a', Buffer.from('hello'), text);
  const [file = ''] = filesUnder(root);
  writeFileSync(file, readFileSync(file).subarray(0, -3));
  await expect(blobs.get('a')).rejects.toThrow('damaged');
});

test('a disk that fills up in the middle of a blob leaves nothing of it', async () => {
  const root = join(folder, 'filled');
  const blobs = await openFileBlobs(root);
  await blobs.put('kept', Buffer.from('kept'), text);
  const [kept] = filesUnder(root);
  {
    using disk = await fillDisk(root, 1_000);
    await expect(blobs.put('a', Buffer.alloc(5_000), text)).rejects.toMatchObject({
      code: 98014,
      details: 'the disk is full',
    });
    await expect(blobs.put('kept', Buffer.from('another'), text)).rejects.toThrow(StatusError);
    expect(disk.refused).toBe(2);
  }
  expect(filesUnder(root)).toEqual([kept]);
  const found = await blobs.get('kept');
  expect(found && (await buffer(found.stream)).toString()).toBe('kept');
  await blobs.put('a', Buffer.alloc(5_000), text);
  expect((await blobs.head('a'))?.size).toBe(5_000);
});

test('writes nothing when the disk’s reserve would be touched', async () => {
  const root = join(folder, 'full');
  const blobs = await openFileBlobs(root, createDiskGuard(2 ** 60));
  await expect(blobs.put('a', Buffer.from('x'), text)).rejects.toThrow(StatusError);
  await expect(blobs.check()).rejects.toThrow('almost full');
  expect(filesUnder(root)).toEqual([]);
});
