// Which stretch of a video is asked for: by the numbers of its frames, by time, or by both.
import { invalidArgument } from '@limpid/wire/status';

/** From the first on; the end is no longer part of it. */
export interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

export interface FrameWindow {
  readonly numbers: Stretch | undefined;
  /** In milliseconds. */
  readonly times: Stretch | undefined;
}

export interface FrameRequest {
  readonly frameNumberStart: number;
  readonly frameTimeStart: number | bigint;
  readonly maxFrames: number;
  readonly maxDuration: number | bigint;
}

/** The default of each, which is also the most that may be asked for. */
export interface FrameLimits {
  readonly frames: bigint;
  /** In milliseconds. */
  readonly duration: bigint;
}

/** Of one answer. */
export const searchLimits: FrameLimits = { frames: 60n, duration: 3000n };
/** Of a stream: an hour. */
export const streamLimits: FrameLimits = { frames: 216_000n, duration: 3_600_000n };

/** Whoever asks by numbers alone is not held to times, and the other way round; who asks by neither is held to both. */
export function frameWindow(request: FrameRequest, limits: FrameLimits): FrameWindow {
  const first = BigInt(request.frameNumberStart);
  const start = BigInt(request.frameTimeStart);
  const frames = lengthOf(BigInt(request.maxFrames), limits.frames, 'max_frames');
  const duration = lengthOf(BigInt(request.maxDuration), limits.duration, 'max_duration');
  const byNumber = first > 0n || request.maxFrames > 0;
  const byTime = start > 0n || request.maxDuration > 0;
  return {
    numbers: byNumber || !byTime ? { from: first, to: first + frames } : undefined,
    times: byTime || !byNumber ? { from: start, to: start + duration } : undefined,
  };
}

function lengthOf(asked: bigint, most: bigint, name: string): bigint {
  if (asked > most) throw invalidArgument(`${name} cannot exceed ${most}`, 'annotation');
  return asked || most;
}
