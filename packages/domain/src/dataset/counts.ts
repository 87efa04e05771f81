// The numbers of a dataset version's metrics. Counting for one concept leaves out what does not show it.
import {
  create,
  type Data,
  type DatasetVersionMetrics,
  DatasetVersionMetricsSchema,
  type Region,
} from '@limpid/wire';

/** An input of a version with all that is said of it. */
export interface LabelledInput {
  readonly kind: string;
  readonly labels: readonly Data[];
  readonly hasMetadata: boolean;
  readonly hasGeo: boolean;
  /** Of its image or video, where it has one. */
  readonly width?: number;
  readonly height?: number;
}

const names = [
  'inputsCount',
  'unlabeledInputsCount',
  'inputsWithMetadataCount',
  'inputsWithGeoCount',
  'regionsCount',
  'boundingBoxesCount',
  'polygonsCount',
  'pointsCount',
  'masksCount',
  'regionInputsCount',
  'regionFramesCount',
  'framesCount',
  'frameInputsCount',
  'embeddingsCount',
  'positiveInputTagsCount',
  'positiveRegionTagsCount',
  'positiveFrameTagsCount',
] as const;
type Name = (typeof names)[number];
type Level = 'Input' | 'Region' | 'Frame';

export interface Counts extends Record<Name, number> {
  /** Regions by the quarter of the picture that they reach into, row by row. */
  readonly quarters: [number, number, number, number];
}

const POSITIVE = 0.5;

export function emptyCounts(): Counts {
  const zeros = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  return { ...zeros, quarters: [0, 0, 0, 0] };
}

/** Every count is said, zero too. */
export function metricsOf(counts: Counts): DatasetVersionMetrics {
  const values = names.map((name) => [name, BigInt(counts[name])]);
  return create(DatasetVersionMetricsSchema, {
    ...Object.fromEntries(values),
    regionLocationMatrix: { nCols: 2n, data: counts.quarters.map(BigInt) },
  });
}

/** Ids of the concepts that anything of the input shows. */
export function positiveConcepts(labels: readonly Data[]): Set<string> {
  const ids = new Set<string>();
  const visit = (data: Data | undefined): void => {
    if (!data) return;
    for (const id of positive(data)) ids.add(id);
    for (const part of [...data.regions, ...data.frames, ...data.tracks, ...data.timeSegments])
      visit(part.data);
  };
  for (const data of labels) visit(data);
  return ids;
}

function positive(data: Data, only?: string): string[] {
  return data.concepts
    .filter(({ id, value }) => value >= POSITIVE && (only === undefined || id === only))
    .map(({ id }) => id);
}

export function countInput(counts: Counts, input: LabelledInput, only?: string): void {
  const before = tagsIn(counts);
  const { regionsCount, framesCount } = counts;
  let inFrames = 0;
  for (const data of input.labels) inFrames += countData(counts, data, 'Input', only);
  counts.inputsCount += 1;
  if (tagsIn(counts) === before) counts.unlabeledInputsCount += 1;
  if (input.hasMetadata) counts.inputsWithMetadataCount += 1;
  if (input.hasGeo) counts.inputsWithGeoCount += 1;
  // Regions within frames make their frames count, and not the input.
  if (counts.regionsCount - regionsCount > inFrames) counts.regionInputsCount += 1;
  if (counts.framesCount > framesCount) counts.frameInputsCount += 1;
}

function tagsIn(counts: Counts): number {
  const { positiveInputTagsCount, positiveRegionTagsCount, positiveFrameTagsCount } = counts;
  return positiveInputTagsCount + positiveRegionTagsCount + positiveFrameTagsCount;
}

/** Counts what stands in and below `data`; returns how many of its regions stand in frames. */
function countData(counts: Counts, data: Data | undefined, level: Level, only?: string): number {
  if (!data) return 0;
  counts[`positive${level}TagsCount`] += positive(data, only).length;
  let inFrames = 0;
  for (const region of data.regions) {
    const shows = only === undefined || (region.data && positive(region.data, only).length > 0);
    if (shows) countRegion(counts, region);
    inFrames += countData(counts, region.data, 'Region', only);
  }
  for (const frame of data.frames) inFrames += countFrame(counts, frame.data, only);
  // Stretches of time say of the input when, not where in it.
  for (const part of [...data.tracks, ...data.timeSegments])
    inFrames += countData(counts, part.data, level, only);
  return inFrames;
}

function countFrame(counts: Counts, data: Data | undefined, only?: string): number {
  const tags = tagsIn(counts);
  const { regionsCount } = counts;
  countData(counts, data, 'Frame', only);
  const regions = counts.regionsCount - regionsCount;
  if (only === undefined || tagsIn(counts) > tags) counts.framesCount += 1;
  if (regions > 0) counts.regionFramesCount += 1;
  return regions;
}

function countRegion(counts: Counts, { regionInfo }: Region): void {
  counts.regionsCount += 1;
  if (regionInfo?.boundingBox) counts.boundingBoxesCount += 1;
  if (regionInfo?.polygon) counts.polygonsCount += 1;
  if (regionInfo?.point) counts.pointsCount += 1;
  if (regionInfo?.mask) counts.masksCount += 1;
  const extent = extentOf(regionInfo);
  if (!extent) return;
  const { top, left, bottom, right } = extent;
  if (top < 0.5 && left < 0.5) counts.quarters[0] += 1;
  if (top < 0.5 && right >= 0.5) counts.quarters[1] += 1;
  if (bottom >= 0.5 && left < 0.5) counts.quarters[2] += 1;
  if (bottom >= 0.5 && right >= 0.5) counts.quarters[3] += 1;
}

/** Where in the picture a region lies, as far as it says so. */
function extentOf(info: Region['regionInfo']) {
  const box = info?.boundingBox;
  if (box)
    return { top: box.topRow, left: box.leftCol, bottom: box.bottomRow, right: box.rightCol };
  const points = info?.point ? [info.point] : (info?.polygon?.points ?? []);
  const [first, ...others] = points;
  if (!first) return undefined;
  const extent = { top: first.row, bottom: first.row, left: first.col, right: first.col };
  for (const { row, col } of others) {
    extent.top = Math.min(extent.top, row);
    extent.bottom = Math.max(extent.bottom, row);
    extent.left = Math.min(extent.left, col);
    extent.right = Math.max(extent.right, col);
  }
  return extent;
}
