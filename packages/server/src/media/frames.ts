// Stills of a video at even distances, for models that read images.
import { mediaFault } from '@limpid/domain/input/codes';
import type { StatusError } from '@limpid/wire';
import { brokenVideo, runFfmpeg } from './videos.ts';

export interface FrameSampling {
  readonly everyMs: number;
  /** More than that many are refused. */
  readonly most: number;
}

const outputBytes = 256_000_000;
// Enough for small print; models look at far fewer pixels.
const longestSide = 1280;

/** JPEGs of what is shown in the middle of each `everyMs`; of a video shorter than half of that, its first picture. */
export async function framesOfVideo(
  ffmpeg: string | undefined,
  file: string,
  format: string,
  { everyMs, most }: FrameSampling,
  signal: AbortSignal,
): Promise<Buffer[]> {
  // The filter fills each place with the last picture that rounds to it or before: that is the one in the middle.
  const even = `fps=1000/${everyMs}:start_time=0`;
  const sampled = await takeFrames(ffmpeg, file, format, [even], most + 1, signal);
  if (sampled.length > most) throw tooMany(everyMs, most);
  if (sampled.length > 0) return sampled;
  const first = await takeFrames(ffmpeg, file, format, [], 1, signal);
  if (first.length === 0) throw brokenVideo({ stderr: 'no frames came out' });
  return first;
}

async function takeFrames(
  ffmpeg: string | undefined,
  file: string,
  format: string,
  filters: readonly string[],
  count: number,
  signal: AbortSignal,
): Promise<Buffer[]> {
  const shrink = `scale='min(${longestSide},iw)':'min(${longestSide},ih)':force_original_aspect_ratio=decrease`;
  const chain = [...filters, shrink].join(',');
  const picked = ['-map', '0:v:0', '-vf', chain, '-vsync', '0', '-frames:v', String(count)];
  const written = ['-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2pipe', 'pipe:1'];
  const request = { file, format, before: [], after: [...picked, ...written], outputBytes };
  const result = await runFfmpeg(ffmpeg, request, signal);
  if (result.code !== 0) throw brokenVideo(result);
  return splitJpegs(result.stdout);
}

function tooMany(everyMs: number, most: number): StatusError {
  const details = `one frame in ${everyMs} ms makes more than ${most} frames: raise sample_ms`;
  return mediaFault('limit', 'video', details);
}

/** The pictures of a stream of JPEGs. Segments are walked by their lengths: their contents may look like an end. */
export function splitJpegs(bytes: Buffer): Buffer[] {
  const pictures: Buffer[] = [];
  let start = 0;
  while (start + 4 <= bytes.length && bytes.readUInt16BE(start) === 0xffd8) {
    const end = endOfJpeg(bytes, start + 2);
    if (end === undefined) break;
    pictures.push(bytes.subarray(start, end));
    start = end;
  }
  return pictures;
}

function endOfJpeg(bytes: Buffer, from: number): number | undefined {
  let at = from;
  while (at + 4 <= bytes.length) {
    const marker = bytes.readUInt16BE(at);
    if (marker === 0xffd9) return at + 2;
    at += 2 + bytes.readUInt16BE(at + 2);
    if (marker !== 0xffda) continue;
    // In a scan every 0xff is followed by 0 unless it is a marker.
    const end = bytes.indexOf(END, at);
    return end < 0 ? undefined : end + 2;
  }
  return undefined;
}

const END = Buffer.from([0xff, 0xd9]);
