// Everything that looks into media, with its limits: how many at a time, and where their files may lie meanwhile.
import { mediaFault } from '@limpid/domain/input/codes';
import type { MediaEntry } from '@limpid/domain/input/media';
import { readMp3 } from '@limpid/domain/input/mp3';
import { countChars, readText } from '@limpid/domain/input/text';
import { readWav } from '@limpid/domain/input/wav';
import { findFfmpeg } from './find-ffmpeg.ts';
import { type FrameSampling, framesOfVideo } from './frames.ts';
import { configureImages, type ImageFacts, probeImage, readMask, shrinkImage } from './images.ts';
import { createLimiter } from './limiter.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { probeVideo, stillOfVideo, type VideoFacts } from './videos.ts';

export type TextFacts = Pick<MediaEntry, 'chars' | 'encoding'>;
export type SoundFacts = Pick<MediaEntry, 'sampleRate' | 'seconds' | 'bitRate'>;

/** Each throws a StatusError that says what is wrong with the bytes. */
export interface MediaTools {
  readonly scratch: Scratch;
  probeImage(bytes: Buffer, format: string): Promise<ImageFacts>;
  probeSound(bytes: Buffer, format: string): SoundFacts;
  probeText(bytes: Buffer): TextFacts;
  probeVideo(file: string, format: string, signal: AbortSignal): Promise<VideoFacts>;
  /** The image, its longer side at most `side`. */
  shrinkImage(bytes: Buffer, entry: MediaEntry, side: number): Promise<Buffer>;
  /** The pixels of a mask, stretched over a picture: one byte each, zero outside. */
  readMask(bytes: Buffer, size: { width: number; height: number }): Promise<Uint8Array>;
  /** JPEGs of the middle of each stretch. */
  framesOfVideo(
    file: string,
    format: string,
    sampling: FrameSampling,
    signal: AbortSignal,
  ): Promise<Buffer[]>;
  /** A JPEG. */
  stillOfVideo(file: string, entry: MediaEntry, signal: AbortSignal): Promise<Buffer>;
}

export interface MediaToolsOptions {
  readonly scratchFolder: string;
  /** Undefined: the one that is found. Empty: none. */
  readonly ffmpeg?: string;
  /** Images at a time, and videos at a time. */
  readonly parallel?: number;
}

export async function openMediaTools(options: MediaToolsOptions): Promise<MediaTools> {
  configureImages();
  const ffmpeg = (options.ffmpeg ?? findFfmpeg()) || undefined;
  const forImages = createLimiter(options.parallel ?? 2);
  const forVideos = createLimiter(options.parallel ?? 2);
  return {
    scratch: await openScratch(options.scratchFolder),
    probeImage: (bytes, format) => forImages(() => probeImage(bytes, format)),
    readMask: (bytes, size) => forImages(() => readMask(bytes, size)),
    shrinkImage: (bytes, entry, side) => forImages(() => shrinkImage(bytes, entry, side)),
    probeVideo: (file, format, signal) => forVideos(() => probeVideo(ffmpeg, file, format, signal)),
    framesOfVideo: (file, format, sampling, signal) =>
      forVideos(() => framesOfVideo(ffmpeg, file, format, sampling, signal)),
    stillOfVideo: (file, entry, signal) =>
      forVideos(() => stillOfVideo(ffmpeg, file, entry, signal)),
    probeSound,
    probeText,
  };
}

function probeSound(bytes: Buffer, format: string): SoundFacts {
  const facts = format === 'wav' ? readWav(bytes) : readMp3(bytes);
  if (!facts)
    throw mediaFault('failed', 'audio', 'cannot decode the audio: it is broken or truncated');
  return facts;
}

function probeText(bytes: Buffer): TextFacts {
  const read = readText(bytes);
  if (!read) throw mediaFault('format', 'text', 'the content is no text in UTF-8 or UTF-16');
  return { chars: countChars(read.text), encoding: read.encoding };
}
