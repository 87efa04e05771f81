import { crc32 } from 'node:zlib';
import type { Entry } from './slots.ts';

/** A change to a space, as its log holds it. Vectors and codes of a `put` are in their files before it is logged. */
export type Change =
  | Put
  | { readonly op: 'remove'; readonly key: bigint }
  | { readonly op: 'removeApp'; readonly app: bigint };

export interface Put extends Entry {
  readonly op: 'put';
  readonly slot: number;
}

/**
 * The log is a row of frames: [crc32 of the rest, number of changes, changes]. A frame is one commit and holds
 * entirely or not at all: a process that ends amid an append leaves a last frame that fails its checksum.
 */
const HEADER = 8;
const RECORD = 48;
export const MAX_CHANGES = 1_024;

const OPS = ['put', 'remove', 'removeApp'] as const;

export class DamagedError extends Error {
  override name = 'DamagedError';
}

export function encodeFrame(changes: readonly Change[]): Buffer {
  const frame = Buffer.alloc(HEADER + RECORD * changes.length);
  frame.writeUInt32LE(changes.length, 4);
  changes.forEach((change, i) => {
    encode(change, frame.subarray(HEADER + i * RECORD));
  });
  frame.writeUInt32LE(crc32(frame.subarray(4)), 0);
  return frame;
}

function encode(change: Change, at: Buffer): void {
  at.writeUInt8(OPS.indexOf(change.op), 0);
  if (change.op !== 'removeApp') at.writeBigUInt64LE(change.key, 16);
  if (change.op !== 'remove') at.writeBigUInt64LE(change.app, 24);
  if (change.op !== 'put') return;
  at.writeUInt8(change.kind, 1);
  at.writeUInt32LE(change.slot, 4);
  at.writeUInt32LE(change.checksum, 8);
  at.writeBigUInt64LE(change.input, 32);
  at.writeFloatLE(change.scale, 40);
  at.writeFloatLE(change.norm, 44);
}

/**
 * Calls `apply` with each change of a whole log and answers where its last sound frame ends. What follows that is
 * an unfinished append if it is no longer than one frame can be; anything longer is damage.
 */
export function replay(log: Buffer, apply: (change: Change) => void): number {
  let at = 0;
  for (let end = frameEnd(log, at); end !== undefined; end = frameEnd(log, at)) {
    for (let i = at + HEADER; i < end; i += RECORD) apply(decode(log.subarray(i, i + RECORD)));
    at = end;
  }
  if (log.length - at > HEADER + RECORD * MAX_CHANGES) {
    throw new DamagedError(`The log does not read on from byte ${at} of ${log.length}.`);
  }
  return at;
}

function frameEnd(log: Buffer, at: number): number | undefined {
  if (at + HEADER > log.length) return undefined;
  const count = log.readUInt32LE(at + 4);
  const end = at + HEADER + RECORD * count;
  if (count === 0 || count > MAX_CHANGES || end > log.length) return undefined;
  return crc32(log.subarray(at + 4, end)) === log.readUInt32LE(at) ? end : undefined;
}

function decode(record: Buffer): Change {
  const op = OPS[record.readUInt8(0)];
  const key = record.readBigUInt64LE(16);
  const app = record.readBigUInt64LE(24);
  switch (op) {
    case 'put':
      return {
        op,
        key,
        app,
        kind: record.readUInt8(1),
        slot: record.readUInt32LE(4),
        checksum: record.readUInt32LE(8),
        input: record.readBigUInt64LE(32),
        scale: record.readFloatLE(40),
        norm: record.readFloatLE(44),
      };
    case 'remove':
      return { op, key };
    case 'removeApp':
      return { op, app };
    case undefined:
      throw new DamagedError('The log holds an unknown change.');
    default:
      return op satisfies never;
  }
}
