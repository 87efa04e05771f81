import type { SoundFacts } from './wav.ts';

const RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLES = [44_100, 48_000, 32_000];

/** How far we look into what seems to be no sound. */
const patience = 256 * 1024;

interface Frame {
  readonly length: number;
  readonly samples: number;
  readonly sampleRate: number;
}

/** Walks the frames of an MPEG layer III file; undefined unless most of it is such frames. */
export function readMp3(bytes: Uint8Array): SoundFacts | undefined {
  const start = afterTag(bytes);
  let sampleRate = 0;
  let seconds = 0;
  let sound = 0;
  for (let at = start; at + 4 <= bytes.length; ) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) {
      at += 1;
      if (at - start > patience && sound < (at - start) / 2) return undefined;
      continue;
    }
    sampleRate ||= frame.sampleRate;
    seconds += frame.samples / frame.sampleRate;
    sound += frame.length;
    at += frame.length;
  }
  if (seconds === 0 || sound < (bytes.length - start) / 2) return undefined;
  return { sampleRate, seconds, bitRate: Math.round((sound * 8) / seconds) };
}

/** Where the sound begins: behind an ID3v2 tag, whose size is written in seven bits a byte. */
function afterTag(bytes: Uint8Array): number {
  if (bytes[0] !== 0x49 || bytes[1] !== 0x44 || bytes[2] !== 0x33) return 0;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10);
  return 10 + ((a & 127) << 21) + ((b & 127) << 14) + ((c & 127) << 7) + (d & 127);
}

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  // Tried at every byte of what is no sound, so nothing is made here before the mark was seen.
  const second = bytes[at + 1] ?? 0;
  if (bytes[at] !== 0xff || (second & 0xe6) !== 0xe2) return undefined;
  const third = bytes[at + 2] ?? 0;
  const version = (second >> 3) & 3;
  const kbps = (version === 3 ? RATES_1 : RATES_2)[third >> 4];
  const base = SAMPLES[(third >> 2) & 3];
  if (version === 1 || !kbps || !base) return undefined;
  const sampleRate = version === 3 ? base : version === 2 ? base / 2 : base / 4;
  const samples = version === 3 ? 1152 : 576;
  const length = Math.floor((samples / 8) * ((kbps * 1000) / sampleRate)) + ((third >> 1) & 1);
  return { length, samples, sampleRate };
}
