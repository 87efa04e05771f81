// What every store of blobs must do; each adapter's test runs it.
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type Blob, type Blobs, RangeNotSatisfiable } from './blobs.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const text = { contentType: 'text/plain' };

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function contentOf(blob: Blob | undefined): Promise<Buffer> {
  if (!blob) throw new Error('there is no such blob');
  return buffer(blob.stream);
}

async function all(keys: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const key of keys) found.push(key);
  return found.sort();
}

export function blobsContract(name: string, open: () => Promise<Blobs>): void {
  describe(name, async () => {
    const blobs = await open();

    afterEach(async () => {
      await blobs.delete(await all(blobs.list('')));
    });

    test.each([0, 1, 70_000])('keeps %d bytes, whole or as a stream', async (size) => {
      const bytes = randomBytes(size);
      for (const body of [new Uint8Array(bytes), inChunks(bytes, 999)]) {
        const stored = await blobs.put('a/b', body, { contentType: 'image/png' });
        expect(stored).toEqual({ size, sha256: sha256(bytes) });
        const blob = await blobs.get('a/b');
        expect(await contentOf(blob)).toEqual(bytes);
        expect(blob).toMatchObject({ size, contentType: 'image/png' });
      }
    });

    test('keeps a stream of many megabytes', async () => {
      const bytes = randomBytes(21 * 1024 * 1024 + 17);
      const stored = await blobs.put('big', inChunks(bytes, 1_000_003), text);
      expect(stored).toEqual({ size: bytes.length, sha256: sha256(bytes) });
      const back = await contentOf(await blobs.get('big'));
      expect(sha256(back)).toBe(stored.sha256);
      expect(await blobs.head('big')).toMatchObject({ size: bytes.length, ...text });
    });

    test('knows nothing of keys that are not there', async () => {
      expect(await blobs.get('none')).toBeUndefined();
      expect(await blobs.head('none')).toBeUndefined();
      await blobs.delete(['none', 'a/b/none']);
      expect(await all(blobs.list('none'))).toEqual([]);
    });

    test.each([
      [{ start: 0, end: 0 }, '0'],
      [{ start: 3, end: 5 }, '345'],
      [{ start: 8 }, '89'],
      [{ start: 7, end: 1000 }, '789'],
    ])('reads the range %j', async (range, expected) => {
      await blobs.put('digits', Buffer.from('0123456789'), text);
      const blob = await blobs.get('digits', { range });
      expect(blob).toMatchObject({ size: 10, ...text });
      expect((await contentOf(blob)).toString()).toBe(expected);
    });

    test('refuses a range beyond the end, with the size', async () => {
      await blobs.put('digits', Buffer.from('0123456789'), text);
      const reading = blobs.get('digits', { range: { start: 10 } });
      await expect(reading).rejects.toThrow(RangeNotSatisfiable);
      await expect(reading).rejects.toMatchObject({ size: 10 });
    });

    test('an overwritten blob has another etag, the same content the same one', async () => {
      await blobs.put('a', Buffer.from('one'), text);
      const first = (await blobs.head('a'))?.etag;
      await blobs.put('a', Buffer.from('two'), text);
      const second = (await blobs.head('a'))?.etag;
      expect(first).toMatch(/^".+"$/);
      expect(second).not.toBe(first);
      expect((await blobs.get('a').then(contentOf)).toString()).toBe('two');
    });

    test('what does not have the promised hash is not stored, and leaves the old content', async () => {
      await blobs.put('a', Buffer.from('old'), text);
      const wrong = { ...text, expectedSha256: sha256(Buffer.from('something else')) };
      await expect(blobs.put('a', Buffer.from('new'), wrong)).rejects.toMatchObject({
        code: 11102,
      });
      const streamed = inChunks(randomBytes(9 * 1024 * 1024), 1 << 20);
      await expect(blobs.put('b', streamed, wrong)).rejects.toMatchObject({ code: 11102 });
      expect(await blobs.head('b')).toBeUndefined();
      expect((await blobs.get('a').then(contentOf)).toString()).toBe('old');
      const right = { ...text, expectedSha256: sha256(Buffer.from('new')).toUpperCase() };
      await blobs.put('a', Buffer.from('new'), right);
    });

    test.each([100, 9 * 1024 * 1024])(
      'a source that fails after %d bytes leaves nothing',
      async (size) => {
        async function* failing() {
          yield randomBytes(size);
          throw new Error('the client went away');
        }
        await expect(blobs.put('a', failing(), text)).rejects.toThrow('the client went away');
        expect(await blobs.head('a')).toBeUndefined();
        expect(await all(blobs.list(''))).toEqual([]);
      },
    );

    test('lists by prefix, and deletes what it is told', async () => {
      const keys = [
        'apps/1/a',
        'apps/1/b',
        'apps/1/deep/c',
        'apps/12/a',
        'apps/2/a',
        'apps-old',
        'z',
      ];
      await Promise.all(keys.map((key) => blobs.put(key, Buffer.from(key), text)));
      expect(await all(blobs.list(''))).toEqual(keys.toSorted());
      expect(await all(blobs.list('apps/1/'))).toEqual(['apps/1/a', 'apps/1/b', 'apps/1/deep/c']);
      expect(await all(blobs.list('apps/1'))).toHaveLength(4);
      await blobs.delete(['apps/1/a', 'apps/2/a']);
      expect(await all(blobs.list('apps/'))).toEqual(['apps/1/b', 'apps/1/deep/c', 'apps/12/a']);
    });

    test('lists and deletes more than one page of keys', async () => {
      const keys = Array.from({ length: 1_100 }, (_, n) => `many/${n}`);
      for (let at = 0; at < keys.length; at += 50) {
        const batch = keys.slice(at, at + 50);
        await Promise.all(batch.map((key) => blobs.put(key, Buffer.from('x'), text)));
      }
      expect(await all(blobs.list('many/'))).toEqual(keys.toSorted());
      await blobs.delete(keys);
      expect(await all(blobs.list(''))).toEqual([]);
    });

    test('a key and another that it begins are two blobs', async () => {
      await blobs.put('a/b', Buffer.from('short'), text);
      await blobs.put('a/b/c', Buffer.from('long'), text);
      expect((await blobs.get('a/b').then(contentOf)).toString()).toBe('short');
      expect((await blobs.get('a/b/c').then(contentOf)).toString()).toBe('long');
    });

    test.each([
      '',
      '/a',
      'a/',
      'a//b',
      '..',
      'a/../b',
      '.hidden',
      'A',
      'a b',
      'a\0',
      '~a',
      'ä',
      'a\\b',
    ])('refuses the key %j', async (key) => {
      await expect(blobs.put(key, Buffer.from('x'), text)).rejects.toThrow('is not a blob key');
      await expect(blobs.get(key)).rejects.toThrow('is not a blob key');
      await expect(blobs.head(key)).rejects.toThrow('is not a blob key');
      await expect(blobs.delete([key])).rejects.toThrow('is not a blob key');
    });

    test('says that it can be written', async () => {
      await blobs.check();
    });
  });
}
