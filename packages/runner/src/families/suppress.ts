import type { Box } from './types.ts';

/** Shared area over joint area. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (areaOf(a) + areaOf(b) - shared);
}

/** Keeps the surest of boxes that cover each other, at most `max`; the input must be sorted. */
export function suppress<T extends { readonly box: Box }>(
  candidates: readonly T[],
  limit: number,
  max: number,
): T[] {
  const kept: T[] = [];
  for (const candidate of candidates) {
    if (kept.length === max) break;
    if (kept.every(({ box }) => overlap(box, candidate.box) <= limit)) kept.push(candidate);
  }
  return kept;
}

/** Cuts a box to the image. */
export function clip(box: Box): Box {
  return {
    top: unit(box.top),
    left: unit(box.left),
    bottom: unit(box.bottom),
    right: unit(box.right),
  };
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function areaOf(box: Box): number {
  return Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top);
}
