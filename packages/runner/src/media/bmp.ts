import { MediaError } from './media-error.ts';

/** Interleaved RGB, row by row from the top. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const FILE_HEADER = 14;

/** Decodes uncompressed Windows bitmaps of 1, 4, 8, 24 and 32 bits a pixel. */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RgbImage {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < FILE_HEADER + 40) throw new MediaError('corrupt', 'the bitmap is truncated');
  const width = file.readInt32LE(18);
  const rows = file.readInt32LE(22);
  const height = Math.abs(rows);
  const depth = file.readUInt16LE(28);
  const compression = file.readUInt32LE(30);
  if (width <= 0 || height === 0) throw new MediaError('corrupt', 'the bitmap has no size');
  if (width * height > maxPixels)
    throw new MediaError('too-large', 'the bitmap has too many pixels');
  // 3 (bit fields) is read as plain 32-bit BGRA, which every common writer means by it.
  const plain = compression === 0 || (compression === 3 && depth === 32);
  if (!plain || ![1, 4, 8, 24, 32].includes(depth)) {
    throw new MediaError('unsupported-format', 'compressed bitmaps are not read');
  }
  const stride = Math.ceil((width * depth) / 32) * 4;
  const start = file.readUInt32LE(10);
  if (start + stride * height > file.length)
    throw new MediaError('corrupt', 'the bitmap is truncated');
  const data = new Uint8Array(width * height * 3);
  const color = depth > 8 ? directColor(file, depth / 8) : paletteColor(file, depth);
  for (let y = 0; y < height; y++) {
    const line = start + stride * (rows > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      const at = color(line, x);
      const out = (y * width + x) * 3;
      data[out] = file[at + 2] ?? 0;
      data[out + 1] = file[at + 1] ?? 0;
      data[out + 2] = file[at] ?? 0;
    }
  }
  return { width, height, data };
}

/** Gives where in the file the blue, green and red bytes of a pixel stand. */
type ColorAt = (line: number, x: number) => number;

function directColor(_file: Buffer, size: number): ColorAt {
  return (line, x) => line + x * size;
}

function paletteColor(file: Buffer, depth: number): ColorAt {
  const palette = FILE_HEADER + file.readUInt32LE(14);
  return (line, x) => {
    const byte = file[line + ((x * depth) >> 3)] ?? 0;
    const shift = 8 - depth - ((x * depth) & 7);
    return palette + ((byte >> shift) & ((1 << depth) - 1)) * 4;
  };
}
