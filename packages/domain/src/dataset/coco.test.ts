import { create, RegionInfoSchema } from '@limpid/wire';
import { expect, test } from 'vitest';
import { cocoShape, MaskRuns } from './coco.ts';

const size = { width: 200, height: 100 };

test('a box is in pixels, x by the width and y by the height', () => {
  const boundingBox = { topRow: 0.1, leftCol: 0.25, bottomRow: 0.5, rightCol: 0.75 };
  expect(cocoShape(create(RegionInfoSchema, { boundingBox }), size)).toEqual({
    segmentation: [],
    area: 4000,
    bbox: [50, 10, 100, 40],
    iscrowd: 0,
  });
});

test('a polygon has its own area, and the box around it', () => {
  const points = [
    { row: 0, col: 0 },
    { row: 0, col: 0.5 },
    { row: 1, col: 0.5 },
  ];
  const polygon = create(RegionInfoSchema, { polygon: { points } });
  expect(cocoShape(polygon, size)).toEqual({
    segmentation: [[0, 0, 100, 0, 100, 100]],
    area: 5000,
    bbox: [0, 0, 100, 100],
    iscrowd: 0,
  });
});

test('what has no extent has no shape', () => {
  const flat = { topRow: 0.5, leftCol: 0, bottomRow: 0.5, rightCol: 1 };
  expect(cocoShape(create(RegionInfoSchema, { boundingBox: flat }), size)).toBeUndefined();
  expect(cocoShape(create(RegionInfoSchema, { point: { row: 0.5 } }), size)).toBeUndefined();
});

test('a mask is runs down its columns, beginning outside', () => {
  // .#.
  // ##.
  const runs = new MaskRuns({ width: 3, height: 2 });
  const pixels = new Uint8Array([0, 9, 0, 1, 255, 0]);
  for (const x of [0, 1, 2]) runs.addColumn(pixels, x);
  expect(runs.finish()).toEqual({
    segmentation: { counts: [1, 3, 2], size: [2, 3] },
    area: 3,
    bbox: [0, 0, 2, 2],
    iscrowd: 1,
  });
});

test('a mask that begins inside has an empty run before it; an empty one has no shape', () => {
  const full = new MaskRuns({ width: 1, height: 2 });
  full.addColumn(new Uint8Array([1, 1]), 0);
  expect(full.finish()?.segmentation).toEqual({ counts: [0, 2], size: [2, 1] });
  const none = new MaskRuns({ width: 1, height: 2 });
  none.addColumn(new Uint8Array(2), 0);
  expect(none.finish()).toBeUndefined();
});
