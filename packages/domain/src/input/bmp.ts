/** Interleaved RGB, row by row from the top. */
export interface BmpPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly topDown: boolean;
  /** Where the pixels and the palette begin. */
  readonly start: number;
  readonly palette: number;
  /** Bytes a row takes in the file. */
  readonly stride: number;
}

const FILE_HEADER = 14;

/** The header of an uncompressed Windows bitmap; undefined for a broken, truncated or compressed one. */
export function readBmpHeader(bytes: Uint8Array): BmpHeader | undefined {
  if (bytes.length < FILE_HEADER + 40) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getInt32(18, true);
  const rows = view.getInt32(22, true);
  const depth = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const height = Math.abs(rows);
  // Bit fields of 32 bits are BGRA with every common writer.
  const isPlain = compression === 0 || (compression === 3 && depth === 32);
  if (width <= 0 || height === 0 || !isPlain || ![1, 4, 8, 24, 32].includes(depth))
    return undefined;
  const stride = Math.ceil((width * depth) / 32) * 4;
  const start = view.getUint32(10, true);
  if (start + stride * height > bytes.length) return undefined;
  const palette = FILE_HEADER + view.getUint32(14, true);
  return { width, height, depth, topDown: rows < 0, start, palette, stride };
}

/** The pixels of a bitmap whose header was read. */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): BmpPixels {
  const { width, height, stride, start, topDown } = header;
  const data = new Uint8Array(width * height * 3);
  const color = header.depth > 8 ? directColor(header) : paletteColor(bytes, header);
  for (let y = 0; y < height; y += 1) {
    const line = start + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x += 1) {
      const at = color(line, x);
      const out = (y * width + x) * 3;
      data[out] = bytes[at + 2] ?? 0;
      data[out + 1] = bytes[at + 1] ?? 0;
      data[out + 2] = bytes[at] ?? 0;
    }
  }
  return { width, height, data };
}

/** Where in the file blue, green and red of a pixel stand. */
type ColorAt = (line: number, x: number) => number;

function directColor({ depth }: BmpHeader): ColorAt {
  return (line, x) => line + (x * depth) / 8;
}

function paletteColor(bytes: Uint8Array, { depth, palette }: BmpHeader): ColorAt {
  return (line, x) => {
    const byte = bytes[line + ((x * depth) >> 3)] ?? 0;
    const shift = 8 - depth - ((x * depth) & 7);
    return palette + ((byte >> shift) & ((1 << depth) - 1)) * 4;
  };
}
