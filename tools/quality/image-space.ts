/**
 * Writes packages/runner/src/models/data/image-space.json: the mean of the square-rooted image
 * features over Open Clip Art (public domain), and 64 clusters with two map axes over Open Clip Art
 * and the measuring collection.
 *
 *   npx tsx tools/quality/image-space.ts --data DIR --models .cache/models
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embedFeatures } from '../../packages/runner/src/families/image-embedder.ts';
import { ImageTrunk } from '../../packages/runner/src/families/image-trunk.ts';
import { configureDecoding } from '../../packages/runner/src/media/decode.ts';
import { PixelCache } from '../../packages/runner/src/media/pixel-cache.ts';
import { weightPack } from '../../packages/runner/src/models/catalogue.ts';
import { pullPack } from '../../packages/runner/src/models/pull.ts';
import { clusterFile } from './k-means.ts';
import { clipArt, labelledPictures } from './pictures.ts';

const CLUSTERS = 64;
const WIDTH = 1280;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, models: { type: 'string' } },
  });
  if (!values.data || !values.models) throw new Error('--data and --models are needed');
  const dir = await pullPack(weightPack('efficientnet-lite0'), { modelsDir: values.models });
  configureDecoding();
  await using trunk = await ImageTrunk.open(dir, 2, new PixelCache(1 << 20));
  const art = await seeAll(
    trunk,
    clipArt(values.data).map((file) => () => readFileSync(file)),
  );
  const mean = new Float32Array(WIDTH);
  for (const features of art) {
    for (let i = 0; i < WIDTH; i++)
      mean[i] = (mean[i] ?? 0) + Math.sqrt(features[i] ?? 0) / art.length;
  }
  const own = await seeAll(
    trunk,
    labelledPictures(values.data).map(
      ({ bytes }) =>
        () =>
          bytes,
    ),
  );
  const vectors = [...art, ...own].map((features) => embedFeatures(features, mean));
  const space = {
    pictures: vectors.length,
    mean: Buffer.from(mean.buffer).toString('base64'),
    clusters: clusterFile(vectors, CLUSTERS),
  };
  const file = join(import.meta.dirname, '../../packages/runner/src/models/data/image-space.json');
  writeFileSync(file, `${JSON.stringify(space, undefined, 2)}\n`);
  console.log(`${art.length} clip arts, ${own.length} pictures, ${CLUSTERS} clusters`);
}

/** Features of all that decode; a few clip arts do not. */
async function seeAll(trunk: ImageTrunk, open: readonly (() => Buffer)[]): Promise<Float32Array[]> {
  const features: Float32Array[] = [];
  for (let start = 0; start < open.length; start += 32) {
    const batch = open.slice(start, start + 32).map((read) =>
      trunk.see(read()).then(
        (seen) => seen.features,
        () => undefined,
      ),
    );
    features.push(...(await Promise.all(batch)).filter((found) => found !== undefined));
  }
  return features;
}

await main();
