import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { type ArchiveSource, EntryError } from './entry.ts';
import { readArchive } from './read-archive.ts';
import { writeZip } from './write-zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-archive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Gives its bytes in small pieces, as a network would. */
function sourceOf(bytes: Buffer): ArchiveSource {
  return {
    size: bytes.length,
    read: async function* (start, end) {
      for (let at = start; at < end; at += 700) yield bytes.subarray(at, Math.min(end, at + 700));
    },
  };
}

async function read(bytes: Buffer): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { path, open } of readArchive(sourceOf(bytes))) {
    try {
      found[path] = (await buffer(open())).toString();
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      found[path] = `! ${error.message}`;
    }
  }
  return found;
}

/** What Python makes with `a` as the file to write. */
function made(script: string): Buffer {
  const file = join(folder, 'made');
  execFileSync('python3', [
    '-c',
    `import io, sys, tarfile, zipfile\na = sys.argv[1]\n${script}`,
    file,
  ]);
  return readFileSync(file);
}

const zip = (...lines: string[]) =>
  made(['z = zipfile.ZipFile(a, "w", zipfile.ZIP_DEFLATED)', ...lines, 'z.close()'].join('\n'));
const tar = (mode: string, format: string, ...lines: string[]) =>
  made(
    [
      `t = tarfile.open(a, "${mode}", format=tarfile.${format})`,
      'def add(name, data, **more):',
      '  i = tarfile.TarInfo(name); i.size = len(data)',
      '  for k, v in more.items(): setattr(i, k, v)',
      '  t.addfile(i, io.BytesIO(data))',
      ...lines,
      't.close()',
    ].join('\n'),
  );

test('a ZIP file of Python: packed, stored, folders, links and names in UTF-8', async () => {
  const bytes = zip(
    'z.writestr("a.txt", "to and fro " * 9999)',
    'z.writestr("größe/b.txt", "b", zipfile.ZIP_STORED)',
    'z.writestr("empty.txt", "")',
    'z.writestr("folder/", "")',
    'i = zipfile.ZipInfo("link"); i.create_system = 3; i.external_attr = 0xA1FF0000',
    'z.writestr(i, "/etc/passwd")',
    'z.comment = b"PK\\x05\\x06 is no end" + b" " * 30',
  );
  expect(await read(bytes)).toEqual({
    'a.txt': 'to and fro '.repeat(9999),
    'größe/b.txt': 'b',
    'empty.txt': '',
  });
});

test('what we write ourselves is read, sizes behind the data and more entries than 16 bits count', async () => {
  const names = Array.from({ length: 70_000 }, (_, index) => `n${index}`);
  const entries = names.map((name) => ({ name, stored: new Uint8Array() }));
  const packed = { name: 'packed', data: Buffer.from('content') };
  const bytes = await buffer(writeZip([packed, ...entries]));
  const found: string[] = [];
  for await (const { path } of readArchive(sourceOf(bytes))) found.push(path);
  expect(found).toEqual(['packed', ...names]);
  expect((await read(await buffer(writeZip([packed])))).packed).toBe('content');
});

test.each(['USTAR_FORMAT', 'GNU_FORMAT', 'PAX_FORMAT'])(
  'a tar file of Python as %s',
  async (format) => {
    const name = `${'long/'.repeat(20)}${'x'.repeat(90)}`;
    const lines = [
      'add("a.txt", b"hello")',
      'add("folder", b"", type=tarfile.DIRTYPE)',
      'add("link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")',
      `add(${JSON.stringify(name)}, b"y" * 1500)`,
      'add("last.txt", b"z")',
    ];
    const expected = { 'a.txt': 'hello', [name]: 'y'.repeat(1500), 'last.txt': 'z' };
    expect(await read(tar('w', format, ...lines))).toEqual(expected);
    expect(await read(tar('w:gz', format, ...lines))).toEqual(expected);
  },
);

test('an entry that nobody reads does not stand in the way of the next', async () => {
  const bytes = tar('w', 'GNU_FORMAT', 'add("a", b"1" * 5000)', 'add("b", b"2")');
  const found: string[] = [];
  for await (const { path, open } of readArchive(sourceOf(bytes))) {
    if (path === 'a') for await (const _ of open()) break;
    else found.push((await buffer(open())).toString());
  }
  expect(found).toEqual(['2']);
});

test('an entry that is damaged, encrypted or packed otherwise leaves the others readable', async () => {
  const bytes = zip(
    'z.writestr("good", "good")',
    'z.writestr("bad", "b" * 5000, zipfile.ZIP_STORED)',
    'z.writestr("other", "lzma" * 99, zipfile.ZIP_LZMA)',
    'z.writestr("torn", bytes(range(256)) * 20)',
    'z.writestr("secret", "secret")',
  );
  const torn = bytes.indexOf('torn') + 4;
  bytes.fill(0xff, torn, torn + 9);
  bytes.fill('x', bytes.indexOf('b'.repeat(50)), bytes.indexOf('b'.repeat(50)) + 3);
  const secret = bytes.lastIndexOf('secret') - 46;
  bytes.writeUInt16LE(bytes.readUInt16LE(secret + 8) | 1, secret + 8);
  expect(await read(bytes)).toEqual({
    good: 'good',
    bad: '! the entry is damaged',
    other: '! the entry is packed by a method that is not read',
    torn: '! the entry is damaged',
    secret: '! the entry is encrypted',
  });
});

test('entries that share bytes are refused', async () => {
  const bytes = zip('z.writestr("a", "a" * 99)', 'z.writestr("b", "b" * 99)');
  const second = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  // Both are the first one's bytes now.
  bytes.writeUInt32LE(0, second + 42);
  await expect(read(bytes)).rejects.toThrow('overlap');
});

test('an entry may not be longer than it says, nor the whole grow beyond reason', async () => {
  const bytes = zip('z.writestr("bomb", b"\\0" * 50_000_000)');
  const record = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const lying = Buffer.from(bytes);
  lying.writeUInt32LE(1000, record + 24);
  expect((await read(lying)).bomb).toBe('! the entry is longer than it says');
  const many = zip('for i in range(6): z.writestr(f"bomb{i}", b"\\0" * 60_000_000)');
  const reading = async () => {
    for await (const { open } of readArchive(sourceOf(many))) for await (const _ of open());
  };
  await expect(reading()).rejects.toThrow('far more');
  const zeros = gzipSync(Buffer.concat([tar('w', 'GNU_FORMAT'), Buffer.alloc(400_000_000)]));
  expect(await read(zeros)).toEqual({});
}, 60_000);

test('what is cut off, or no archive at all, says so', async () => {
  const whole = zip('z.writestr("a", "a" * 999)');
  await expect(read(whole.subarray(0, -30))).rejects.toThrow('damaged');
  const cut = tar('w', 'GNU_FORMAT', 'add("a", b"1" * 50000)').subarray(0, 20_000);
  await expect(read(cut)).rejects.toThrow('damaged');
  await expect(read(gzipSync(cut))).rejects.toThrow('damaged');
  await expect(read(gzipSync(cut).subarray(0, 40))).rejects.toThrow('damaged');
  await expect(read(Buffer.from('hello'))).rejects.toThrow('neither');
  await expect(read(Buffer.alloc(0))).rejects.toThrow('neither');
  const sum = tar('w', 'GNU_FORMAT', 'add("a", b"1")');
  sum[0] = 0x62;
  await expect(read(sum)).rejects.toThrow('damaged');
});
