import sharp from 'sharp';
import { decodeBmp } from './bmp.ts';
import { MediaError } from './media-error.ts';
import { sniffImage } from './sniff.ts';

type Picture = ReturnType<typeof sharp>;

export const MAX_PIXELS = 100_000_000;

/** What a model wants to see: `fill` stretches to the size, `inside` keeps the shape and never enlarges. */
export interface PixelRequest {
  readonly width: number;
  readonly height: number;
  readonly fit: 'fill' | 'inside';
}

/** Interleaved RGB bytes of the size that `fit` gave. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** libvips loaders that bytes may reach; everything else (SVG, PDF, its own formats) is refused. */
const loaders = [
  'VipsForeignLoadJpeg',
  'VipsForeignLoadPng',
  'VipsForeignLoadNsgif',
  'VipsForeignLoadWebp',
  'VipsForeignLoadTiff',
  'VipsForeignLoadHeif',
];

/**
 * Settings of the whole process: one thread an image, since many are decoded at a time, no cache of
 * operations, and only the allowed loaders.
 */
export function configureDecoding(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
}

/**
 * Decodes the first frame to sRGB, transparency over white, without turning it by EXIF: regions are
 * given in the stored orientation. Throws `MediaError`.
 */
export async function decodePixels(bytes: Uint8Array, request: PixelRequest): Promise<Pixels> {
  if (bytes.byteLength === 0) throw new MediaError('empty', 'the image is empty');
  const format = sniffImage(bytes);
  if (!format) throw new MediaError('unsupported-format', 'not an image of a supported format');
  const source = format === 'bmp' ? openBmp(bytes) : openEncoded(bytes);
  try {
    const { data, info } = await source
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize(request.width, request.height, {
        fit: request.fit,
        withoutEnlargement: request.fit === 'inside',
      })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (/pixel limit/i.test(text)) {
      throw new MediaError('too-large', `the image has more than ${MAX_PIXELS} pixels`, cause);
    }
    throw new MediaError('corrupt', 'the image cannot be decoded', cause);
  }
}

/** Width and height as stored, from the header alone. Throws `MediaError`. */
export async function readImageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const format = sniffImage(bytes);
  if (!format) throw new MediaError('unsupported-format', 'not an image of a supported format');
  if (format === 'bmp') return decodeBmp(bytes, MAX_PIXELS);
  try {
    const { width, height } = await openEncoded(bytes).metadata();
    return { width, height };
  } catch (cause) {
    throw new MediaError('corrupt', 'the image cannot be decoded', cause);
  }
}

function openEncoded(bytes: Uint8Array): Picture {
  return sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true });
}

function openBmp(bytes: Uint8Array): Picture {
  const { width, height, data } = decodeBmp(bytes, MAX_PIXELS);
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: MAX_PIXELS });
}

function toRgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    rgb[to] = data[from] ?? 0;
    rgb[to + 1] = data[channels > 2 ? from + 1 : from] ?? 0;
    rgb[to + 2] = data[channels > 2 ? from + 2 : from] ?? 0;
  }
  return rgb;
}
