// Regions as COCO has them (https://cocodataset.org/#format-data): pixels, x before y.
import type { Point, RegionInfo } from '@limpid/wire';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Runs of pixels outside and inside, column by column, beginning outside. */
export interface Runs {
  readonly counts: readonly number[];
  /** Height, then width. */
  readonly size: readonly [number, number];
}

export interface CocoShape {
  readonly segmentation: readonly (readonly number[])[] | Runs;
  readonly area: number;
  /** x, y, width, height. */
  readonly bbox: readonly [number, number, number, number];
  readonly iscrowd: 0 | 1;
}

/** A box or a polygon; undefined for what COCO has no shape for. */
export function cocoShape(info: RegionInfo, size: Size): CocoShape | undefined {
  const points = info.polygon?.points ?? [];
  if (points.length >= 3) return polygonShape(points, size);
  const box = info.boundingBox;
  if (!box) return undefined;
  const { width, height } = size;
  const left = box.leftCol * width;
  const top = box.topRow * height;
  const wide = box.rightCol * width - left;
  const high = box.bottomRow * height - top;
  if (wide <= 0 || high <= 0) return undefined;
  return {
    segmentation: [],
    area: round(wide * high),
    bbox: [round(left), round(top), round(wide), round(high)],
    iscrowd: 0,
  };
}

function polygonShape(points: readonly Point[], { width, height }: Size): CocoShape {
  const corners = points.map(({ row, col }) => ({ x: col * width, y: row * height }));
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const [left, top] = [least(xs), least(ys)];
  let twice = 0;
  let last = corners.at(-1);
  for (const corner of corners) {
    if (last) twice += last.x * corner.y - corner.x * last.y;
    last = corner;
  }
  return {
    segmentation: [corners.flatMap(({ x, y }) => [round(x), round(y)])],
    area: round(Math.abs(twice) / 2),
    bbox: [round(left), round(top), round(most(xs) - left), round(most(ys) - top)],
    iscrowd: 0,
  };
}

/** A mask as it is read, column by column: large ones take a while, and others want their turn in between. */
export class MaskRuns {
  readonly #size: Size;
  readonly #counts: number[] = [];
  #isInside = false;
  #run = 0;
  #area = 0;
  #left = Number.POSITIVE_INFINITY;
  #top = Number.POSITIVE_INFINITY;
  #right = 0;
  #bottom = 0;

  constructor(size: Size) {
    this.#size = size;
  }

  /** Of pixels that stand row by row and are set where they are not zero. */
  addColumn(pixels: Uint8Array, x: number): void {
    const { width, height } = this.#size;
    for (let y = 0; y < height; y += 1) {
      const isSet = pixels[y * width + x] !== 0;
      if (isSet !== this.#isInside) {
        this.#counts.push(this.#run);
        this.#run = 0;
        this.#isInside = isSet;
      }
      this.#run += 1;
      if (isSet) this.#reach(x, y);
    }
  }

  #reach(x: number, y: number): void {
    this.#area += 1;
    this.#left = Math.min(this.#left, x);
    this.#right = x + 1;
    this.#top = Math.min(this.#top, y);
    this.#bottom = Math.max(this.#bottom, y + 1);
  }

  /** Undefined where no pixel is set. */
  finish(): CocoShape | undefined {
    if (this.#area === 0) return undefined;
    const { width, height } = this.#size;
    return {
      segmentation: { counts: [...this.#counts, this.#run], size: [height, width] },
      area: this.#area,
      bbox: [this.#left, this.#top, this.#right - this.#left, this.#bottom - this.#top],
      iscrowd: 1,
    };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

// A polygon may have more corners than a call takes arguments.
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
