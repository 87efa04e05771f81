export interface SoundFacts {
  readonly sampleRate: number;
  readonly seconds: number;
  readonly bitRate: number;
}

/** Reads the header of a RIFF WAVE file; undefined for one that is broken or holds no sound. */
export function readWav(bytes: Uint8Array): SoundFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE') return undefined;
  let sampleRate = 0;
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === 'fmt ' && size >= 16 && at + 24 <= bytes.length) {
      sampleRate = view.getUint32(at + 12, true);
      bytesPerSecond = view.getUint32(at + 16, true);
    } else if (name(at) === 'data') {
      if (sampleRate === 0 || bytesPerSecond === 0) return undefined;
      // A recorder that was cut off, or wrote to a pipe, leaves 0 or the largest number here.
      const held = Math.min(size || Number.POSITIVE_INFINITY, bytes.length - at - 8);
      return { sampleRate, seconds: held / bytesPerSecond, bitRate: bytesPerSecond * 8 };
    }
    // Chunks begin at even places.
    at += 8 + size + (size & 1);
  }
  return undefined;
}
