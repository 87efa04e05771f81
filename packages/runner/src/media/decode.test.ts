import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { configureDecoding, decodePixels, readImageSize } from './decode.ts';
import { PixelCache } from './pixel-cache.ts';

beforeAll(configureDecoding);

const exact = { width: 4, height: 2, fit: 'fill' } as const;

/** Four by two: the left half red, the right half blue. */
function halves(): Promise<Buffer> {
  const data = Buffer.alloc(4 * 2 * 3);
  for (let i = 0; i < 8; i++) data[i * 3 + (i % 4 < 2 ? 0 : 2)] = 255;
  return sharp(data, { raw: { width: 4, height: 2, channels: 3 } })
    .png()
    .toBuffer();
}

const halvesRgb = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];

test.each([
  ['png', 0],
  ['webp', 0],
  ['gif', 0],
  ['tiff', 0],
  ['avif', 30],
  ['jpeg', 120],
] as const)('decodes %s', async (format, tolerance) => {
  const lossless = format === 'webp' || format === 'avif' ? { lossless: true } : {};
  const compression = format === 'tiff' ? { compression: 'lzw' as const } : {};
  const bytes = await sharp(await halves())
    .toFormat(format, { ...lossless, ...compression })
    .toBuffer();
  const { width, height, data } = await decodePixels(bytes, exact);
  expect([width, height, data.length]).toEqual([4, 2, 24]);
  [...halvesRgb, ...halvesRgb].forEach((value, i) => {
    expect(Math.abs((data[i] ?? 0) - value)).toBeLessThanOrEqual(tolerance);
  });
  expect(await readImageSize(bytes)).toMatchObject({ width: 4, height: 2 });
});

function bmp(
  depth: number,
  rows: readonly number[][],
  palette: readonly number[] = [],
  topDown = false,
): Buffer {
  const stride = Math.ceil((rows[0]?.length ?? 0) / 4) * 4;
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + palette.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(2, 18);
  head.writeInt32LE(topDown ? -rows.length : rows.length, 22);
  head.writeUInt16LE(depth, 28);
  const body = rows.map((row) =>
    Buffer.concat([Buffer.from(row), Buffer.alloc(stride - row.length)]),
  );
  return Buffer.concat([head, Buffer.from(palette), ...body]);
}

// Rows stand bottom up: blue, white below red, green.
const expected = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
const colors = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0];

test.each([
  [
    '24 bits',
    bmp(24, [
      [255, 0, 0, 255, 255, 255],
      [0, 0, 255, 0, 255, 0],
    ]),
  ],
  [
    '24 bits, top down',
    bmp(
      24,
      [
        [0, 0, 255, 0, 255, 0],
        [255, 0, 0, 255, 255, 255],
      ],
      [],
      true,
    ),
  ],
  [
    '32 bits',
    bmp(32, [
      [255, 0, 0, 9, 255, 255, 255, 9],
      [0, 0, 255, 9, 0, 255, 0, 9],
    ]),
  ],
  [
    '8 bits',
    bmp(
      8,
      [
        [2, 3],
        [0, 1],
      ],
      colors,
    ),
  ],
  ['4 bits', bmp(4, [[0x23], [0x01]], colors)],
])('decodes a bitmap of %s', async (_, bytes) => {
  const { data } = await decodePixels(bytes, { width: 2, height: 2, fit: 'fill' });
  expect([...data]).toEqual(expected);
});

test('names what is wrong with an image', async () => {
  const reason = async (bytes: Uint8Array): Promise<string> =>
    decodePixels(bytes, exact).then(
      () => 'decoded',
      (error) => `${error.name} ${error.reason}`,
    );
  const jpeg = await readFile(join(import.meta.dirname, 'samples/dog.jpg'));
  const png = await halves();
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2"><rect width="4"/></svg>';
  expect(await reason(new Uint8Array())).toBe('MediaError empty');
  expect(await reason(Buffer.from('hello'))).toBe('MediaError unsupported-format');
  expect(await reason(Buffer.from(svg))).toBe('MediaError unsupported-format');
  expect(await reason(jpeg.subarray(0, 20_000))).toBe('MediaError corrupt');
  expect(await reason(png.subarray(0, 60))).toBe('MediaError corrupt');
  expect(await reason(bmp(24, [[1]]).subarray(0, 55))).toBe('MediaError corrupt');
  const huge = bmp(24, [[1]]);
  huge.writeInt32LE(20_000, 18);
  huge.writeInt32LE(20_000, 22);
  expect(await reason(huge)).toBe('MediaError too-large');
});

test('a PNG that promises too many pixels is refused before they are made', async () => {
  const bytes = await halves();
  bytes.writeUInt32BE(20_000, 16);
  bytes.writeUInt32BE(20_000, 20);
  const { crc32 } = await import('node:zlib');
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  await expect(decodePixels(bytes, exact)).rejects.toMatchObject({ reason: 'too-large' });
});

test('transparency lies on white, EXIF does not turn, grey becomes RGB', async () => {
  const clear = await sharp({
    create: { width: 4, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  expect(new Set((await decodePixels(clear, exact)).data)).toEqual(new Set([255]));
  const turned = await sharp(await halves())
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  expect([...(await decodePixels(turned, exact)).data]).toEqual([...halvesRgb, ...halvesRgb]);
  const grey = await sharp(await halves())
    .greyscale()
    .png()
    .toBuffer();
  const { data } = await decodePixels(grey, exact);
  expect(data.length).toBe(24);
  expect(data[0]).toBe(data[1]);
});

test('`inside` keeps the shape and never enlarges', async () => {
  const bytes = await readFile(join(import.meta.dirname, 'samples/dog.jpg'));
  const size = await readImageSize(bytes);
  const small = await decodePixels(bytes, { width: 128, height: 128, fit: 'inside' });
  expect(Math.max(small.width, small.height)).toBe(128);
  expect(small.width / small.height).toBeCloseTo(size.width / size.height, 1);
  const same = await decodePixels(bytes, { width: 9999, height: 9999, fit: 'inside' });
  expect([same.width, same.height]).toEqual([size.width, size.height]);
});

test('the cache decodes once, forgets the oldest, and does not keep failures', async () => {
  const bytes = await halves();
  const cache = new PixelCache(2 * 24);
  const first = cache.get('a', bytes, exact);
  expect(cache.get('a', bytes, exact)).toBe(first);
  cache.get('b', bytes, exact);
  cache.get('a', bytes, exact);
  cache.get('c', bytes, exact);
  expect(cache.get('a', bytes, exact)).toBe(first);
  const bad = cache.get('d', Buffer.from('x'), exact);
  await expect(bad).rejects.toThrow();
  expect(cache.get('d', bytes, exact)).not.toBe(bad);
});
