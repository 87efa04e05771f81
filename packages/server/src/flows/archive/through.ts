import { pipeline, Readable, type Transform } from 'node:stream';

/** What a transform makes of chunks. Whoever reads hears of every failure, and ends the source by leaving. */
export function through(
  chunks: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncIterable<Uint8Array> {
  // NOTE: `compose` would do the same in a word, but an error of zlib escapes it and ends the process.
  pipeline(Readable.from(chunks, { objectMode: false }), transform, () => undefined);
  return transform;
}
