// Many numbers in one value: a row for each would cost more than the query that found them.
import { endianness } from 'node:os';
import { type RawBuilder, sql } from 'kysely';

/** All values of a bigint column of the query, to be read by `unpackKeys`; in the order of another, or in none. */
export function packKeys(
  column: RawBuilder<unknown>,
  by?: RawBuilder<unknown>,
): RawBuilder<Buffer | null> {
  const order = by ? sql`order by ${by}` : sql``;
  return sql`string_agg(int8send(${column}), ''::bytea ${order})`;
}

export function unpackKeys(packed: Buffer | null): BigUint64Array {
  const bytes = Buffer.from(packed ?? []);
  if (endianness() === 'LE') bytes.swap64();
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8).slice();
}

/** The same for a float8 column, in the order of another. */
export function packNumbers(
  column: RawBuilder<unknown>,
  by: RawBuilder<unknown>,
): RawBuilder<Buffer | null> {
  return sql`string_agg(float8send(${column}), ''::bytea order by ${by})`;
}

export function unpackNumbers(packed: Buffer | null): Float64Array {
  const bytes = Buffer.from(packed ?? []);
  if (endianness() === 'LE') bytes.swap64();
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The float32 numbers of a vector column. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  // Copied: the driver's buffers begin anywhere.
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
}
