/**
 * Image embedding through the runner's families against the bare loop of the same work: encoded
 * bytes → sharp → ONNX Runtime, same network, threads and batch.
 *
 *   npx tsx tools/quality/throughput.ts --models .cache/models [--threads 2] [--images 240]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ModelHost } from '../../packages/runner/src/families/host.ts';
import { imageBatch, Session } from '../../packages/runner/src/families/session.ts';
import { findManifest } from '../../packages/runner/src/models/catalogue.ts';
import { pullModel } from '../../packages/runner/src/models/pull.ts';

const BATCH = 8;
const SIZE = 224;
const ROUNDS = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: '.cache/models' },
      threads: { type: 'string', default: '2' },
      images: { type: 'string', default: '240' },
    },
  });
  const threads = Number(values.threads);
  const manifest = findManifest('general-image-embedding');
  if (!manifest) throw new Error('no embedder');
  await pullModel(manifest, { modelsDir: values.models });
  await using host = new ModelHost({ modelsDir: values.models, threads });
  await using session = await Session.open(
    join(values.models, 'efficientnet-lite0/1/model.onnx'),
    threads,
  );
  const model = await host.load(manifest);
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const images = distinctImages(Number(values.images), round);
    const bare = await time(images.length, () => bareLoop(session, images));
    const ours = await time(images.length, () =>
      model.predict(images.map((bytes) => ({ kind: 'image', bytes }))),
    );
    if (round === 0) continue;
    ratios.push(ours.rate / bare.rate);
    const line = [bare, ours].map(
      ({ rate, cpu }) => `${rate.toFixed(1)}/s ${cpu.toFixed(1)} ms CPU`,
    );
    console.log(
      `bare ${line[0]}, families ${line[1]}, ratio ${(ours.rate / bare.rate).toFixed(2)}`,
    );
  }
  ratios.sort((a, b) => a - b);
  console.log(`median ratio ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)}`);
}

async function bareLoop(session: Session, images: readonly Buffer[]): Promise<void> {
  for (let start = 0; start < images.length; start += BATCH) {
    const pixels = await Promise.all(
      images
        .slice(start, start + BATCH)
        .map((bytes) =>
          sharp(bytes).resize(SIZE, SIZE, { fit: 'fill' }).removeAlpha().raw().toBuffer(),
        ),
    );
    await session.run({ pixels: imageBatch(pixels, SIZE) });
  }
}

/** The samples again and again; bytes after a JPEG's end make each a different file. */
function distinctImages(count: number, round: number): Buffer[] {
  const folder = join(import.meta.dirname, '../../packages/runner/src/media/samples');
  const samples = readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => readFileSync(join(folder, name)));
  return Array.from({ length: count }, (_, i) =>
    Buffer.concat([samples[i % samples.length] ?? Buffer.alloc(0), Buffer.from(`${round}-${i}`)]),
  );
}

/** Images a second by the clock, and processor milliseconds an image: a busy machine moves only one. */
async function time(
  count: number,
  work: () => Promise<unknown>,
): Promise<{ rate: number; cpu: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    rate: (count / (performance.now() - start)) * 1000,
    cpu: (user + system) / 1000 / count,
  };
}

await main();
