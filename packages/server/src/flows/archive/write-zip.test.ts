import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { writeZip, type ZipEntry } from './write-zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-zip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Python's own library, which the official client reads with, finds in an archive. */
async function readBack(entries: Iterable<ZipEntry>): Promise<Record<string, string>> {
  const file = join(folder, 'a.zip');
  writeFileSync(file, await buffer(writeZip(entries)));
  const script = `import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
names = z.namelist()
few = len(names) < 9
print(json.dumps({name: z.read(name).decode() if few else '' for name in names}))`;
  const found = execFileSync('python3', ['-c', script, file], { maxBuffer: 1 << 28 });
  return JSON.parse(found.toString());
}

async function* inPieces(text: string) {
  for (const sign of text) yield Buffer.from(sign);
}

test('what is written is read back, stored or packed, whole or in pieces', async () => {
  const long = 'to and fro '.repeat(100_000);
  const found = await readBack([
    { name: 'mimetype', stored: Buffer.from('plain') },
    { name: 'all/größe.txt', data: Buffer.from(long) },
    { name: 'pieces', data: inPieces('abc') },
    { name: 'empty', data: new Uint8Array() },
  ]);
  expect(found).toEqual({ mimetype: 'plain', 'all/größe.txt': long, pieces: 'abc', empty: '' });
  expect(Object.keys(found)[0]).toBe('mimetype');
});

test('an archive without entries is one', async () => {
  expect(await readBack([])).toEqual({});
});

test('more entries than the old directory counts', async () => {
  const names = Array.from({ length: 66_000 }, (_, index) => `n${index}`);
  const found = await readBack(names.map((name) => ({ name, stored: new Uint8Array() })));
  expect(Object.keys(found)).toEqual(names);
}, 60_000);

test('a source that fails ends the archive with its error', async () => {
  async function* failing() {
    yield Buffer.from('half');
    throw new Error('the source broke');
  }
  await expect(buffer(writeZip([{ name: 'x', data: failing() }]))).rejects.toThrow('source broke');
});

test('a reader that leaves ends the source', async () => {
  let isEnded = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(65_536, Math.random() * 255);
    } finally {
      isEnded = true;
    }
  }
  for await (const chunk of writeZip([{ name: 'x', data: endless() }])) {
    if (chunk.length > 1000) break;
  }
  await expect.poll(() => isEnded, { timeout: 5000 }).toBe(true);
});
