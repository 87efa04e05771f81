import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { cssColors } from './css-colors.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { ColorShare, LoadedModel } from './types.ts';

const SIZE = 96;
const MAX_COLORS = 10;
/** Colours nearer than this in CIELAB look alike to most people. */
const MERGE_DISTANCE = 14;
const MIN_SHARE = 0.02;

type Lab = readonly [l: number, a: number, b: number];

interface Bucket {
  readonly lab: [number, number, number];
  count: number;
}

/** Image → its dominant colours with their shares; plain computation, no network. */
export function createColorClassifier(manifest: ModelManifest, pixels: PixelCache): LoadedModel {
  const named = cssColors.map(([name, hex]) => ({ name, hex, lab: toLab(...bytesOf(hex)) }));
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const request = { width: SIZE, height: SIZE, fit: 'inside' } as const;
        const { data } = await pixels.get(contentKey(input.bytes), input.bytes, request);
        const colors = dominantColors(data).map(({ lab, share }): ColorShare => {
          const near = named.reduce((a, b) =>
            distance(lab, b.lab) < distance(lab, a.lab) ? b : a,
          );
          return { hex: toHex(lab), namedHex: near.hex, name: near.name, share };
        });
        return { kind: 'colors', colors };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Counts coarse cells of the RGB cube, then joins cells that look alike, fullest first. */
export function dominantColors(rgb: Uint8Array): { lab: Lab; share: number }[] {
  const cells = new Map<number, { sum: [number, number, number]; count: number }>();
  for (let at = 0; at + 2 < rgb.length; at += 3) {
    const [r = 0, g = 0, b = 0] = [rgb[at], rgb[at + 1], rgb[at + 2]];
    const key = ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4);
    const cell = cells.get(key) ?? { sum: [0, 0, 0], count: 0 };
    cell.sum[0] += r;
    cell.sum[1] += g;
    cell.sum[2] += b;
    cell.count++;
    cells.set(key, cell);
  }
  const groups: Bucket[] = [];
  for (const { sum, count } of [...cells.values()].sort((a, b) => b.count - a.count)) {
    const lab = toLab(sum[0] / count, sum[1] / count, sum[2] / count);
    const like = groups.find((group) => distance(group.lab, lab) < MERGE_DISTANCE);
    if (like) absorb(like, lab, count);
    else groups.push({ lab: [...lab], count });
  }
  return keepLargest(groups);
}

function keepLargest(groups: readonly Bucket[]): { lab: Lab; share: number }[] {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const sorted = groups.toSorted((a, b) => b.count - a.count);
  const large = sorted.filter(({ count }, i) => i === 0 || count >= total * MIN_SHARE);
  const kept = large.slice(0, MAX_COLORS).map(({ lab, count }) => ({ lab: [...lab], count }));
  for (const { lab, count } of sorted.slice(kept.length)) {
    kept.reduce((a, b) => (distanceOf(b.lab, lab) < distanceOf(a.lab, lab) ? b : a)).count += count;
  }
  return kept
    .sort((a, b) => b.count - a.count)
    .map(({ lab: [l = 0, a = 0, b = 0], count }) => ({ lab: [l, a, b], share: count / total }));
}

function absorb(group: Bucket, lab: Lab, count: number): void {
  const whole = group.count + count;
  for (let i = 0; i < 3; i++) {
    group.lab[i] = ((group.lab[i] ?? 0) * group.count + (lab[i] ?? 0) * count) / whole;
  }
  group.count = whole;
}

function distance(a: Lab, b: Lab): number {
  return distanceOf(a, b);
}

function distanceOf(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(
    (a[0] ?? 0) - (b[0] ?? 0),
    (a[1] ?? 0) - (b[1] ?? 0),
    (a[2] ?? 0) - (b[2] ?? 0),
  );
}

/** sRGB 0–255 → CIELAB under D65. */
function toLab(r: number, g: number, b: number): Lab {
  const [lr = 0, lg = 0, lb = 0] = [r, g, b].map((v) =>
    v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  );
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * lr + 0.3576 * lg + 0.1805 * lb) / 0.95047);
  const y = f(0.2126 * lr + 0.7152 * lg + 0.0722 * lb);
  const z = f((0.0193 * lr + 0.1192 * lg + 0.9505 * lb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function toHex([l, a, b]: Lab): string {
  const fy = (l + 16) / 116;
  const g = (t: number): number => (t ** 3 > 0.008856 ? t ** 3 : (t - 16 / 116) / 7.787);
  const x = g(fy + a / 500) * 0.95047;
  const y = g(fy);
  const z = g(fy - b / 200) * 1.08883;
  const channels = [
    3.2406 * x - 1.5372 * y - 0.4986 * z,
    -0.9689 * x + 1.8758 * y + 0.0415 * z,
    0.0557 * x - 0.204 * y + 1.057 * z,
  ].map((v) => {
    const encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, encoded)) * 255);
  });
  return `#${channels.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
}

function bytesOf(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
