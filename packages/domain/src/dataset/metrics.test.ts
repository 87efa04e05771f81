import {
  create,
  DataSchema,
  DatasetVersionMetricsGroupType as GroupType,
  type MessageInitShape,
} from '@limpid/wire';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

type Labels = MessageInitShape<typeof DataSchema>;

function measure(...inputs: { kind?: string; labels?: Labels[]; size?: [number, number] }[]) {
  const metrics = createMetrics();
  for (const { kind = 'image', labels = [], size } of inputs) {
    metrics.add({
      kind,
      labels: labels.map((data) => create(DataSchema, data)),
      hasMetadata: false,
      hasGeo: false,
      ...(size && { width: size[0], height: size[1] }),
    });
  }
  return metrics.groups();
}

const valuesOf = (groups: ReturnType<typeof measure>, type: GroupType) =>
  groups
    .filter((group) => group.type === type)
    .map(({ value, metrics }) => [value?.kind.value, metrics?.inputsCount]);

test('an empty version has a whole, whose every count is said to be zero', () => {
  const groups = measure();
  expect(valuesOf(groups, GroupType.INPUT_TYPE)).toEqual([['total', 0n]]);
  const { $typeName, regionLocationMatrix, ...counts } = groups[0]?.metrics ?? {};
  expect(Object.keys(counts)).toHaveLength(17);
  expect(new Set(Object.values(counts))).toEqual(new Set([0n]));
  expect(regionLocationMatrix).toMatchObject({ nCols: 2n, data: [0n, 0n, 0n, 0n] });
});

test('tags are counted where they stand, and negative ones not at all', () => {
  const box = { boundingBox: { topRow: 0.1, leftCol: 0.1, bottomRow: 0.2, rightCol: 0.9 } };
  const [total] = measure(
    {
      labels: [
        {
          concepts: [
            { id: 'cat', value: 1 },
            { id: 'dog', value: 0 },
          ],
          regions: [{ regionInfo: box, data: { concepts: [{ id: 'cat', value: 1 }] } }],
        },
        { concepts: [{ id: 'pet', value: 1 }] },
      ],
    },
    { labels: [{ concepts: [{ id: 'dog', value: 0 }] }] },
  );
  expect(total?.metrics).toMatchObject({
    inputsCount: 2n,
    unlabeledInputsCount: 1n,
    positiveInputTagsCount: 2n,
    positiveRegionTagsCount: 1n,
    positiveFrameTagsCount: 0n,
    regionsCount: 1n,
    boundingBoxesCount: 1n,
    regionInputsCount: 1n,
    regionLocationMatrix: { data: [1n, 1n, 0n, 0n] },
  });
});

test('a region in a frame belongs to its frame and not to its input', () => {
  const point = { regionInfo: { point: { row: 0.7, col: 0.2 } } };
  const frames = [
    { data: { regions: [point, point] } },
    { data: { concepts: [{ id: 'a', value: 1 }] } },
  ];
  const [total] = measure({ kind: 'video', labels: [{ frames }] });
  expect(total?.metrics).toMatchObject({
    regionsCount: 2n,
    pointsCount: 2n,
    regionInputsCount: 0n,
    regionFramesCount: 1n,
    framesCount: 2n,
    frameInputsCount: 1n,
    positiveFrameTagsCount: 1n,
    regionLocationMatrix: { data: [0n, 0n, 2n, 0n] },
  });
});

test('the group of a concept counts what shows that concept alone', () => {
  const box = { boundingBox: { topRow: 0, leftCol: 0, bottomRow: 1, rightCol: 1 } };
  const boxed = (id: string) => ({ regionInfo: box, data: { concepts: [{ id, value: 1 }] } });
  const groups = measure({
    labels: [{ concepts: [{ id: 'cat', value: 1 }], regions: [boxed('cat'), boxed('dog')] }],
  });
  const concepts = groups.filter(({ type }) => type === GroupType.CONCEPT_ID);
  expect(concepts.map(({ value }) => value?.kind.value)).toEqual(['cat', 'dog']);
  expect(concepts.map(({ metrics }) => metrics)).toMatchObject([
    {
      inputsCount: 1n,
      boundingBoxesCount: 1n,
      positiveInputTagsCount: 1n,
      unlabeledInputsCount: 0n,
    },
    {
      inputsCount: 1n,
      boundingBoxesCount: 1n,
      positiveInputTagsCount: 0n,
      unlabeledInputsCount: 0n,
    },
  ]);
});

test('inputs are grouped by kind, by how much is on them and by the shape of their picture', () => {
  const groups = measure(
    { size: [70, 100] },
    { size: [50, 20], labels: [{ concepts: [{ id: 'a', value: 1 }] }] },
    { kind: 'text' },
  );
  expect(valuesOf(groups, GroupType.INPUT_TYPE)).toEqual([
    ['total', 3n],
    ['images', 2n],
    ['text', 1n],
  ]);
  expect(valuesOf(groups, GroupType.CONCEPTS_COUNT)).toEqual([
    [0, 2n],
    [1, 1n],
  ]);
  expect(valuesOf(groups, GroupType.PIXELS_COUNT)).toEqual([
    [800, 1n],
    [6800, 1n],
  ]);
  expect(valuesOf(groups, GroupType.ASPECT_RATIO)).toEqual([
    [0.7, 1n],
    [2.5, 1n],
  ]);
});
