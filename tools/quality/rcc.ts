import { inflateSync } from 'node:zlib';

const COMPRESSED = 1;
const FOLDER = 2;
const ZSTD = 4;

/** Files of a Qt resource collection by path; Zstandard members are left out. */
export function readRcc(file: Buffer): Map<string, Buffer> {
  if (file.toString('latin1', 0, 4) !== 'qres') throw new Error('not a Qt resource file');
  const [version, tree, data, names] = [4, 8, 12, 16].map((at) => file.readUInt32BE(at));
  const rowSize = (version ?? 1) < 2 ? 14 : 22;
  const found = new Map<string, Buffer>();
  const nameAt = (offset: number): string => {
    const start = (names ?? 0) + offset;
    const text = Buffer.from(file.subarray(start + 6, start + 6 + 2 * file.readUInt16BE(start)));
    return text.swap16().toString('utf16le');
  };
  const walk = (index: number, parent: string): void => {
    const row = (tree ?? 0) + index * rowSize;
    const flags = file.readUInt16BE(row + 4);
    const path = index === 0 ? '' : `${parent}/${nameAt(file.readUInt32BE(row))}`;
    if (flags & FOLDER) {
      const first = file.readUInt32BE(row + 10);
      for (let i = 0; i < file.readUInt32BE(row + 6); i++) walk(first + i, path);
    } else if (!(flags & ZSTD)) {
      const start = (data ?? 0) + file.readUInt32BE(row + 10);
      const bytes = file.subarray(start + 4, start + 4 + file.readUInt32BE(start));
      found.set(path, flags & COMPRESSED ? inflateSync(bytes.subarray(4)) : bytes);
    }
  };
  walk(0, '');
  return found;
}
