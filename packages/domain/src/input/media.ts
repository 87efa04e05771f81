// What an input is made of besides its labels: up to one medium of each kind, whose bytes lie in a blob.

export const mediaKinds = ['image', 'video', 'audio', 'text'] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** `mixed`: several media in one input. */
export type InputKind = MediaKind | 'mixed';

/** One medium whose bytes are ours. What follows `size` is known once the bytes were looked at. */
export interface MediaEntry {
  readonly kind: MediaKind;
  readonly blob: string;
  /** Content type, from the bytes and never from what a client or a server claimed. */
  readonly type: string;
  readonly format: string;
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly colorMode?: string;
  readonly alpha?: boolean;
  readonly seconds?: number;
  readonly fps?: number;
  readonly frames?: number;
  readonly bitRate?: number;
  readonly sampleRate?: number;
  readonly chars?: number;
  readonly encoding?: string;
}

const MB = 1024 * 1024;

/** The documented limits; what goes beyond is refused, never cut. */
export const inputLimits = {
  perCall: 128,
  videosPerCall: 1,
  callBytes: 128 * MB,
  bytes: { image: 20 * MB, text: 20 * MB, audio: 20 * MB, video: 128 * MB },
  /** A video behind a URL may be larger than one in a message. */
  urlBytes: { image: 20 * MB, text: 20 * MB, audio: 20 * MB, video: 300 * MB },
  pixels: 85_000_000,
  videoSeconds: 600,
  urlLength: 4096,
} as const;

/** Longer texts are kept as blobs, so that rows and lists stay small. */
export const inlineTextBytes = 32 * 1024;
