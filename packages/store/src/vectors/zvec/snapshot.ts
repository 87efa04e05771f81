import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What lies in the folder of a graph. */
export const GRAPH_FOLDER = 'graph';
const SNAPSHOT_FILE = 'documents.bin';

/**
 * Which documents a graph was built from. A slot may take another document while the graph is built or used: the
 * graph speaks for it only as long as key and checksum are the same.
 */
export interface Snapshot {
  readonly slots: Uint32Array;
  readonly checksums: Uint32Array;
  readonly keys: BigUint64Array;
}

export async function writeSnapshot(folder: string, { slots, checksums, keys }: Snapshot) {
  // The keys come first: they must lie on a multiple of eight bytes.
  await writeFile(
    join(folder, SNAPSHOT_FILE),
    Buffer.concat([keys, slots, checksums].map(bytesOf)),
  );
}

export async function readSnapshot(folder: string): Promise<Snapshot> {
  const file = await readFile(join(folder, SNAPSHOT_FILE));
  const count = file.length / 16;
  if (!Number.isInteger(count)) throw new Error(`The list of documents in ${folder} is cut off.`);
  const buffer = new Uint8Array(file).buffer; // of its own: a small file is read into a shared pool
  return {
    keys: new BigUint64Array(buffer, 0, count),
    slots: new Uint32Array(buffer, 8 * count, count),
    checksums: new Uint32Array(buffer, 12 * count, count),
  };
}

function bytesOf(column: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
