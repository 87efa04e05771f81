import { clip } from './suppress.ts';
import type { Box } from './types.ts';

export interface Line {
  readonly box: Box;
}

const INK = 0.3;
const MIN_MEAN = 0.5;
const MIN_PIXELS = 20;
/** The network marks a shrunken core of each line; this grows it back. */
const GROWTH = 1.6;

interface Blob {
  left: number;
  right: number;
  top: number;
  bottom: number;
  pixels: number;
  sum: number;
}

/** Text lines from a probability map: connected areas, grown back, in reading order. */
export function findLines(map: Float32Array, width: number, height: number): Line[] {
  const lines: { box: Box; middle: number; height: number }[] = [];
  for (const blob of connected(map, width, height)) {
    if (blob.pixels < MIN_PIXELS || blob.sum / blob.pixels < MIN_MEAN) continue;
    const w = blob.right - blob.left + 1;
    const h = blob.bottom - blob.top + 1;
    const grow = (w * h * GROWTH) / (2 * (w + h));
    const box = clip({
      left: (blob.left - grow) / width,
      right: (blob.right + 1 + grow) / width,
      top: (blob.top - grow) / height,
      bottom: (blob.bottom + 1 + grow) / height,
    });
    lines.push({ box, middle: (box.top + box.bottom) / 2, height: box.bottom - box.top });
  }
  return readingOrder(lines);
}

/** Rows from the top, each from the left; boxes whose middles are close share a row. */
function readingOrder(lines: { box: Box; middle: number; height: number }[]): Line[] {
  const rows: (typeof lines)[] = [];
  for (const line of lines.sort((a, b) => a.middle - b.middle)) {
    const row = rows.at(-1);
    const first = row?.[0];
    if (row && first && line.middle - first.middle < Math.min(first.height, line.height) / 2) {
      row.push(line);
    } else {
      rows.push([line]);
    }
  }
  return rows
    .flatMap((row) => row.sort((a, b) => a.box.left - b.box.left))
    .map(({ box }) => ({ box }));
}

function connected(map: Float32Array, width: number, height: number): Blob[] {
  const seen = new Uint8Array(map.length);
  const blobs: Blob[] = [];
  const stack: number[] = [];
  for (let start = 0; start < width * height; start++) {
    if (seen[start] || (map[start] ?? 0) <= INK) continue;
    const blob = { left: width, right: 0, top: height, bottom: 0, pixels: 0, sum: 0 };
    seen[start] = 1;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      grow(blob, x, y, map[at] ?? 0);
      for (const next of neighbours(at, x, y, width, height)) {
        if (seen[next] || (map[next] ?? 0) <= INK) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
    blobs.push(blob);
  }
  return blobs;
}

function grow(blob: Blob, x: number, y: number, value: number): void {
  blob.left = Math.min(blob.left, x);
  blob.right = Math.max(blob.right, x);
  blob.top = Math.min(blob.top, y);
  blob.bottom = Math.max(blob.bottom, y);
  blob.pixels++;
  blob.sum += value;
}

function neighbours(at: number, x: number, y: number, width: number, height: number): number[] {
  const next: number[] = [];
  if (x > 0) next.push(at - 1);
  if (x < width - 1) next.push(at + 1);
  if (y > 0) next.push(at - width);
  if (y < height - 1) next.push(at + width);
  return next;
}
