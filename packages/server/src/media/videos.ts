// Videos through a separate ffmpeg, which gets one local file, the container that its first bytes tell, and no network.
import { mediaFault } from '@limpid/domain/input/codes';
import type { MediaEntry } from '@limpid/domain/input/media';
import type { StatusError } from '@limpid/wire';
import { type ProgramResult, runProgram } from './run-program.ts';

export type VideoFacts = Pick<
  MediaEntry,
  'width' | 'height' | 'fps' | 'frames' | 'seconds' | 'bitRate'
>;

// Named, so that a playlist dressed up as a video is never read as one.
const demuxers: Readonly<Record<string, string>> = {
  mp4: 'mov',
  mov: 'mov',
  '3gpp': 'mov',
  avi: 'avi',
  wmv: 'asf',
  webm: 'matroska',
  gif: 'gif',
};

const limits = { seconds: 120, memoryBytes: 2_000_000_000, outputBytes: 32_000_000 };
const maxSide = 16_384;

/** Walks through the container, which tells sizes and counts the frames. */
export async function probeVideo(
  ffmpeg: string | undefined,
  file: string,
  format: string,
  signal: AbortSignal,
): Promise<VideoFacts> {
  const args = ['-map', '0:v:0', '-c', 'copy', '-f', 'null', '-'];
  const result = await runFfmpeg(ffmpeg, { file, format, before: [], after: args }, signal);
  const facts = readFacts(result.stderr);
  if (result.code !== 0 || !facts) throw brokenVideo(result);
  return facts;
}

/** A JPEG of the frame at one second, or in the middle of a shorter video. */
export async function stillOfVideo(
  ffmpeg: string | undefined,
  file: string,
  entry: Pick<MediaEntry, 'format' | 'seconds'>,
  signal: AbortSignal,
): Promise<Buffer> {
  const at = Math.min(1, (entry.seconds ?? 0) / 2).toFixed(3);
  const args = [
    '-map',
    '0:v:0',
    '-frames:v',
    '1',
    '-c:v',
    'mjpeg',
    '-q:v',
    '3',
    '-f',
    'image2pipe',
    'pipe:1',
  ];
  const request = { file, format: entry.format, before: ['-ss', at], after: args };
  const result = await runFfmpeg(ffmpeg, request, signal);
  if (result.code !== 0 || result.stdout.length === 0) throw brokenVideo(result);
  return result.stdout;
}

export interface FfmpegRequest {
  readonly file: string;
  /** As `sniffAs` tells it. */
  readonly format: string;
  /** Arguments before the input, and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly outputBytes?: number;
}

export async function runFfmpeg(
  ffmpeg: string | undefined,
  { file, format, before, after, outputBytes = limits.outputBytes }: FfmpegRequest,
  signal: AbortSignal,
): Promise<ProgramResult> {
  const demuxer = demuxers[format];
  if (!ffmpeg || !demuxer) {
    throw mediaFault(
      'format',
      'video',
      'videos need the program ffmpeg, which this instance does not have',
    );
  }
  const input = [
    '-protocol_whitelist',
    'file,pipe',
    '-f',
    demuxer,
    ...before,
    '-i',
    `file:${file}`,
  ];
  const args = ['-hide_banner', '-nostdin', '-threads', '1', ...input, '-threads', '1', ...after];
  const result = await runProgram(ffmpeg, args, { ...limits, outputBytes, signal });
  if (result.ended === 'aborted') signal.throwIfAborted();
  return result;
}

function readFacts(text: string): VideoFacts | undefined {
  const size = /Stream #0:\d+[^\n]*Video:[^\n]*?[ ,](\d{2,5})x(\d{2,5})[ ,[]/.exec(text);
  const [, width, height] = (size ?? []).map(Number);
  const frames = Number([...text.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1] ?? 0);
  if (!width || !height || width > maxSide || height > maxSide || frames === 0) return undefined;
  const fps = Number(/([\d.]+) (?:fps|tbr)/.exec(text)?.[1] ?? 0);
  const length = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(text);
  const [, hours = 0, minutes = 0, seconds = 0] = (length ?? []).map(Number);
  const told = hours * 3600 + minutes * 60 + seconds;
  const kbps = Number(/bitrate: (\d+) kb\/s/.exec(text)?.[1] ?? 0);
  return {
    width,
    height,
    fps,
    frames,
    seconds: told || (fps > 0 ? frames / fps : 0),
    bitRate: kbps * 1000,
  };
}

export function brokenVideo({
  ended,
  stderr,
}: Pick<ProgramResult, 'ended' | 'stderr'>): StatusError {
  const why =
    ended === 'time' || ended === 'output'
      ? 'it takes too long to read'
      : 'it is broken or truncated';
  return mediaFault('failed', 'video', `cannot decode the video: ${why}`, stderr.slice(-2000));
}
