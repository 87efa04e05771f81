// Pixels through libvips, whose threads are its own. Formats were told by the first bytes before they come here, and
// sizes are looked at before anything is decoded.
import { type BmpHeader, decodeBmp, readBmpHeader } from '@limpid/domain/input/bmp';
import { mediaFault } from '@limpid/domain/input/codes';
import { inputLimits, type MediaEntry } from '@limpid/domain/input/media';
import sharp from 'sharp';

type Picture = ReturnType<typeof sharp>;

const loaders = ['Jpeg', 'Png', 'Nsgif', 'Webp', 'Tiff'].map((name) => `VipsForeignLoad${name}`);

/** Settings of the whole process: one thread an image, no cache, and only the loaders of formats that are taken. */
export function configureImages(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
}

export type ImageFacts = Pick<MediaEntry, 'width' | 'height' | 'colorMode' | 'alpha'>;

/** Reads an image whole, so that a broken one is found now. Its size is that of the stored pixels, before any turn. */
export async function probeImage(bytes: Buffer, format: string): Promise<ImageFacts> {
  if (format === 'BMP') return probeBmp(bytes);
  let facts: ImageFacts;
  try {
    const { width, height, space, hasAlpha } = await sharp(bytes, {
      limitInputPixels: false,
    }).metadata();
    facts = { width, height, colorMode: colorModeOf(space, hasAlpha), alpha: hasAlpha };
  } catch (cause) {
    throw broken(cause);
  }
  refuseTooManyPixels(facts);
  try {
    // Small, because only the reading matters; a JPEG is read to its end all the same.
    await open(bytes).resize(32, 32, { fit: 'inside' }).raw().toBuffer();
  } catch (cause) {
    throw broken(cause);
  }
  return facts;
}

function open(bytes: Buffer): Picture {
  return sharp(bytes, {
    limitInputPixels: inputLimits.pixels,
    sequentialRead: true,
    failOn: 'error',
  });
}

function probeBmp(bytes: Buffer): ImageFacts {
  const header = readBmpHeader(bytes);
  if (!header) throw broken(undefined);
  const facts = { width: header.width, height: header.height, colorMode: 'RGB', alpha: false };
  refuseTooManyPixels(facts);
  return facts;
}

function refuseTooManyPixels({ width = 0, height = 0 }: ImageFacts): void {
  if (width * height <= inputLimits.pixels) return;
  const limit = inputLimits.pixels / 1_000_000;
  throw mediaFault(
    'limit',
    'image',
    `${width} x ${height} pixels: the limit is ${limit} megapixels`,
  );
}

function broken(cause: unknown) {
  return mediaFault(
    'failed',
    'image',
    'cannot identify image file: it is broken or truncated',
    cause,
  );
}

const modes: Readonly<Record<string, string>> = {
  srgb: 'RGB',
  rgb16: 'RGB',
  'b-w': 'GRAY',
  grey16: 'GRAY',
  cmyk: 'CMYK',
};

function colorModeOf(space: string, alpha: boolean): string {
  const mode = modes[space] ?? space.toUpperCase();
  return alpha ? `${mode}A` : mode;
}

/** Content type of an image's renditions: only PNG keeps transparency. */
export function renditionType(entry: Pick<MediaEntry, 'alpha'>): string {
  return entry.alpha ? 'image/png' : 'image/jpeg';
}

/** The image with its longer side at most `side`, never enlarged, and turned by the viewer as the original is. */
export async function shrinkImage(bytes: Buffer, entry: MediaEntry, side: number): Promise<Buffer> {
  const picture = entry.format === 'BMP' ? openBmp(bytes) : open(bytes);
  const { orientation } = entry.format === 'BMP' ? {} : await picture.metadata();
  const small = picture.resize(side, side, { fit: 'inside', withoutEnlargement: true });
  const tagged = orientation ? small.withMetadata({ orientation }) : small;
  return await (entry.alpha ? tagged.png() : tagged.jpeg({ quality: 85 })).toBuffer();
}

function openBmp(bytes: Buffer): Picture {
  const header = readBmpHeader(bytes) as BmpHeader | undefined;
  if (!header) throw broken(undefined);
  const { width, height, data } = decodeBmp(bytes, header);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** One byte a pixel: how far it is set. What is transparent is not. */
export async function readMask(
  bytes: Buffer,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  try {
    return await open(bytes)
      .flatten({ background: '#000' })
      .resize(width, height, { fit: 'fill', kernel: 'nearest' })
      .toColourspace('b-w')
      .extractChannel(0)
      .raw()
      .toBuffer();
  } catch (cause) {
    throw broken(cause);
  }
}
