/**
 * Embedding photographs through the API against the bare loop of the same work: encoded bytes → sharp → ONNX Runtime,
 * same weights, as many threads as the platform gives its runner.
 *
 *   npm run bench -- embed
 *
 * Weights are read from LIMPID_MODELS_DIR, else from where the tools keep them; the first run fetches them.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  create,
  fromBinary,
  MultiOutputResponseSchema,
  PostModelOutputsRequestSchema,
  StatusCode,
  toBinary,
} from '@limpid/wire';
import sharp from 'sharp';
import { imageBatch, Session } from '../../packages/runner/src/families/session.ts';
import { configureDecoding } from '../../packages/runner/src/media/decode.ts';
import { checkSuccess, openClient } from '../lib/grpc.ts';
import { alternate, figure, median, ratio, say } from '../lib/measure.ts';
import { startBenchPlatform } from '../lib/platform.ts';

const IMAGES = 96;
const ASKED = 16;
const IN_FLIGHT = 2;
const BARE_BATCH = 8;
const SIZE = 224;
const ROUNDS = 3;
const READY_WITHIN_MS = 300_000;
const PREDICT = '/clarifai.api.V2/PostModelOutputs';
let made = 0;
const root = join(import.meta.dirname, '../..');
const modelsDir = process.env.LIMPID_MODELS_DIR ?? join(root, '.cache/models');

await using platform = await startBenchPlatform();
const client = openClient(platform.url, platform.pat);
try {
  await untilServed();
  configureDecoding();
  const file = join(modelsDir, 'efficientnet-lite0/1/model.onnx');
  await using session = await Session.open(file, availableParallelism());
  const rates = await alternate(
    [
      { name: 'API', rate: () => imagesPerSecond(throughApi) },
      { name: 'bare loop', rate: () => imagesPerSecond((images) => bareLoop(session, images)) },
    ],
    ROUNDS,
  );
  say(`${IMAGES} photographs, ${ASKED} a call, ${IN_FLIGHT} in flight, images/s:`);
  say(`  ${[...rates].map(([name, some]) => `${name} ${figure(median(some))}`).join(', ')}`);
  say(`  API / bare loop ${figure(ratio(rates.get('API'), rates.get('bare loop')))} (goal 0.90)`);
  await platform.profiled('embedding', async () => {
    for (let round = 0; round < 10; round++) await imagesPerSecond(throughApi);
  });
} finally {
  client.close();
}

async function imagesPerSecond(work: (images: readonly Buffer[]) => Promise<void>) {
  const images = await distinctImages(IMAGES);
  const started = performance.now();
  await work(images);
  return (IMAGES / (performance.now() - started)) * 1000;
}

async function throughApi(images: readonly Buffer[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < images.length) {
      const some = images.slice(next, next + ASKED);
      next += ASKED;
      checkSuccess(await client.call(PREDICT, requestFor(some)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

/** Decodes the next batch while the network works on this one, as anybody would. */
async function bareLoop(session: Session, images: readonly Buffer[]): Promise<void> {
  const decode = (start: number): Promise<Buffer[]> =>
    Promise.all(
      images
        .slice(start, start + BARE_BATCH)
        .map((bytes) =>
          sharp(bytes).resize(SIZE, SIZE, { fit: 'fill' }).removeAlpha().raw().toBuffer(),
        ),
    );
  let next = decode(0);
  for (let start = 0; start < images.length; start += BARE_BATCH) {
    const pixels = await next;
    next = decode(start + BARE_BATCH);
    await session.run({ pixels: imageBatch(pixels, SIZE) });
  }
}

/** The first prediction fetches weights and starts the runner. */
async function untilServed(): Promise<void> {
  const later: readonly number[] = [
    StatusCode.MODEL_DEPLOYING,
    StatusCode.MODEL_BUSY_PLEASE_RETRY,
    StatusCode.MODEL_LOADING,
  ];
  const request = requestFor(await distinctImages(1));
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(500)) {
    const { status, outputs } = fromBinary(
      MultiOutputResponseSchema,
      await client.call(PREDICT, request),
    );
    const code = outputs[0]?.status?.code ?? status?.code ?? 0;
    if (code === StatusCode.SUCCESS) {
      if (outputs[0]?.data?.embeddings[0]?.vector.length) return;
      throw new Error('the answer has no embedding');
    }
    if (!later.includes(code)) throw new Error(`${code} ${status?.description} ${status?.details}`);
  }
  throw new Error('the embedder did not come up in time');
}

function requestFor(images: readonly Buffer[]): Buffer {
  const message = create(PostModelOutputsRequestSchema, {
    userAppId: { userId: 'clarifai', appId: 'main' },
    modelId: 'general-image-embedding',
    inputs: images.map((base64) => ({ data: { image: { base64 } } })),
  });
  return Buffer.from(toBinary(PostModelOutputsRequestSchema, message));
}

/** Windows of the samples, each elsewhere: what differs in bytes alone may be known to a cache by its pixels. */
async function distinctImages(count: number): Promise<Buffer[]> {
  const folder = join(root, 'packages/runner/src/media/samples');
  const samples = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
  return await Promise.all(
    Array.from({ length: count }, () => {
      const nth = made++;
      const window = { left: nth % 100, top: Math.floor(nth / 100) % 42, width: 400, height: 300 };
      const file = join(folder, samples[nth % samples.length] ?? '');
      return sharp(file).extract(window).jpeg().toBuffer();
    }),
  );
}
