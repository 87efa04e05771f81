import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTarball } from './tar.ts';
import { ZipReader } from './zip.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'limpid-'));
});
afterAll(() => rm(dir, { recursive: true }));

const limits = { maxFileBytes: 1 << 20, maxTotalBytes: 1 << 22 };

function tarEntry(name: string, body: Buffer, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

async function tarball(...entries: Buffer[]): Promise<string> {
  const path = join(dir, `${Math.random()}.tgz`);
  await writeFile(path, gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)])));
  return path;
}

test('takes the wanted members of a tarball, long names included', async () => {
  const long = `package/${'x'.repeat(120)}.bin`;
  const record = ` path=${long}\n`;
  const path = await tarball(
    tarEntry('package/skip.txt', Buffer.from('skip')),
    tarEntry('package/a.txt', Buffer.from('hello')),
    tarEntry('pax', Buffer.from(`${record.length + 3}${record}`), 'x'),
    tarEntry('package/short', Buffer.alloc(600, 7)),
  );
  const found = await readTarball(path, new Set(['package/a.txt', long]), limits);
  expect([...found.keys()]).toEqual(['package/a.txt', long]);
  expect(found.get('package/a.txt')?.toString()).toBe('hello');
  expect(found.get(long)).toEqual(Buffer.alloc(600, 7));
});

test('refuses names that leave the folder, links are not followed', async () => {
  const name = 'package/../../etc/passwd';
  const path = await tarball(tarEntry(name, Buffer.from('x')));
  await expect(readTarball(path, new Set([name]), limits)).rejects.toThrow('unsafe member name');
  const link = await tarball(tarEntry('package/a.txt', Buffer.alloc(0), '2'));
  expect((await readTarball(link, new Set(['package/a.txt']), limits)).size).toBe(0);
});

test('stops a tarball that unpacks to too much', async () => {
  const path = await tarball(tarEntry('package/zeros', Buffer.alloc(8 << 20)));
  await expect(readTarball(path, new Set(['package/other']), limits)).rejects.toThrow('too large');
  await expect(readTarball(path, new Set(['package/zeros']), limits)).rejects.toThrow('larger');
});

test('names damage: not gzip, cut off, a wrong checksum', async () => {
  const path = join(dir, 'bad.tgz');
  await writeFile(path, 'not gzip');
  await expect(readTarball(path, new Set(['a']), limits)).rejects.toThrow('does not unpack');
  const cut = gzipSync(tarEntry('a', Buffer.alloc(5000)).subarray(0, 1000));
  await writeFile(path, cut);
  await expect(readTarball(path, new Set(['a']), limits)).rejects.toThrow('truncated');
  const entry = tarEntry('a', Buffer.from('x'));
  entry[0] = 0x62;
  await writeFile(path, gzipSync(entry));
  await expect(readTarball(path, new Set(['a']), limits)).rejects.toThrow('bad tar header');
});

function zip(members: Record<string, Buffer>, damage?: (name: string) => number): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, body] of Object.entries(members)) {
    const packed = deflateRawSync(body);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    const row = Buffer.alloc(46);
    row.writeUInt32LE(0x02014b50, 0);
    row.writeUInt16LE(8, 10);
    row.writeUInt32LE(damage?.(name) ?? crc32(body), 16);
    row.writeUInt32LE(packed.length, 20);
    row.writeUInt32LE(body.length, 24);
    row.writeUInt16LE(name.length, 28);
    row.writeUInt32LE(offset, 42);
    parts.push(head, Buffer.from(name), packed);
    central.push(row, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

async function openZip(bytes: Buffer): Promise<ZipReader> {
  const path = join(dir, `${Math.random()}.zip`);
  await writeFile(path, bytes);
  return ZipReader.open(path);
}

test('reads a member of a ZIP file and checks it', async () => {
  const body = Buffer.from('weights '.repeat(1000));
  await using good = await openZip(zip({ 'pkg/w.bin': body }));
  expect(await good.read('pkg/w.bin', 1 << 20)).toEqual(body);
  await expect(good.read('pkg/w.bin', 100)).rejects.toThrow('larger');
  await expect(good.read('pkg/x.bin', 100)).rejects.toThrow('no member');
  await using bad = await openZip(zip({ 'pkg/w.bin': body }, () => 1));
  await expect(bad.read('pkg/w.bin', 1 << 20)).rejects.toThrow('is damaged');
});

test('refuses unsafe, encrypted and cut ZIP files', async () => {
  await expect(openZip(zip({ '../w.bin': Buffer.from('x') }))).rejects.toThrow('unsafe');
  const bytes = zip({ 'w.bin': Buffer.from('x') });
  await expect(openZip(bytes.subarray(0, bytes.length - 30))).rejects.toThrow('not a ZIP');
  const locked = Buffer.from(bytes);
  const row = locked.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  locked[row + 8] = 1;
  await expect(openZip(locked)).rejects.toThrow('encrypted');
});
