import type { Readable } from 'node:stream';

/** The last few kilobytes that a child said, for the message about its failure. */
export interface Tail {
  text(): string;
}

const kept = 8192;

export function tailOf(...streams: readonly Readable[]): Tail {
  let text = '';
  for (const stream of streams) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text = (text + chunk).slice(-kept);
    });
  }
  return { text: () => text.trim() };
}
