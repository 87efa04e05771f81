import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PixelCache } from '../media/pixel-cache.ts';
import { findManifest } from '../models/catalogue.ts';
import { pullModel } from '../models/pull.ts';
import { ModelHost } from './host.ts';
import { ImageTrunk } from './image-trunk.ts';
import { modelsDir, pulled } from './pulled.fixture.ts';
import { floats, imageBatch, Session } from './session.ts';
import type { LoadedModel, ModelInput, ModelOutput } from './types.ts';

let host: ModelHost;
beforeAll(async () => {
  host = new ModelHost({ modelsDir, threads: 1 });
});
afterAll(() => host[Symbol.asyncDispose]());

async function open(id: string): Promise<LoadedModel> {
  const manifest = findManifest(id);
  if (!manifest) throw new Error(`no model ${id}`);
  await pullModel(manifest, { modelsDir });
  return host.load(manifest);
}

async function sample(name: string): Promise<ModelInput> {
  const file = join(import.meta.dirname, '../media/samples', `${name}.jpg`);
  return { kind: 'image', bytes: await readFile(file) };
}

function values(model: LoadedModel, output: ModelOutput | undefined): Map<string, number> {
  if (output?.kind !== 'concepts') throw new Error(`expected concepts, got ${output?.kind}`);
  return new Map(model.concepts.map(({ name }, i) => [name, output.values[i] ?? 0]));
}

function vector(output: ModelOutput | undefined): Float32Array {
  if (output?.kind !== 'embedding') throw new Error(`expected an embedding, got ${output?.kind}`);
  return output.vector;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

test('the converted network gives what PyTorch gives', { timeout: 120_000 }, async () => {
  const dir = await pulled('efficientnet-lite0');
  await using session = await Session.open(join(dir, 'model.onnx'), 1);
  const pixels = Uint8Array.from(
    { length: 224 * 224 * 3 },
    (_, i) => (i * 7919 + (i >> 7) * 104729) % 256,
  );
  const outputs = await session.run({ pixels: imageBatch([pixels], 224) });
  // From efficientnet_lite_pytorch 0.1.0 on PyTorch 2.13 with the same checkpoint and pixels.
  const logits = floats(outputs, 'logits');
  [-0.70922, 0.35536, -0.26558, -1.29476, -0.4339, -0.02713, -1.05357, -0.5876].forEach((v, i) => {
    expect(logits[i]).toBeCloseTo(v, 4);
  });
  expect(logits.indexOf(Math.max(...logits))).toBe(905);
  const features = floats(outputs, 'features');
  expect(features.reduce((sum, v) => sum + v, 0)).toBeCloseTo(130.5048, 2);
});

test('a dog is a dog', { timeout: 120_000 }, async () => {
  const model = await open('aaa03c23b3724a16a56b629203edc62c');
  const inputs = await Promise.all(['dog', 'chicken', 'sheep', 'duck'].map(sample));
  const [dog, chicken, sheep, duck] = (await model.predict(inputs)).map((o) => values(model, o));
  expect(dog?.get('dog')).toBeGreaterThanOrEqual(0.98);
  expect(dog?.get('dog')).toBeGreaterThan(dog?.get('cat') ?? 1);
  expect(dog?.get('animal')).toBeGreaterThanOrEqual(dog?.get('dog') ?? 1);
  expect(dog?.get('german shepherd dog')).toBeGreaterThan(0.9);
  expect(chicken?.get('hen')).toBeGreaterThan(0.8);
  expect(sheep?.get('sheep')).toBeGreaterThan(0.9);
  expect(duck?.get('waterfowl')).toBeGreaterThan(0.9);
  expect(duck?.get('dog')).toBeLessThan(0.02);
});

test('people are found, and what is found raises what stands above it', async () => {
  const model = await open('general-image-recognition');
  const inputs = [await sample('astronaut'), await sample('chicken')];
  const [astronaut, chicken] = (await model.predict(inputs)).map((o) => values(model, o));
  expect(astronaut?.get('person')).toBeGreaterThan(0.5);
  expect(astronaut?.get('people')).toBeLessThan(0.5);
  expect(chicken?.get('person')).toBeLessThan(0.3);
  for (const found of [astronaut, chicken]) {
    expect(found?.get('animal')).toBeGreaterThanOrEqual(found?.get('bird') ?? 1);
    expect(found?.get('vehicle')).toBeGreaterThanOrEqual(found?.get('truck') ?? 1);
  }
});

test('concept ids are distinct, stable and of the expected shape', async () => {
  const { concepts } = await open('general-image-recognition');
  expect(concepts.length).toBeGreaterThan(1100);
  expect(new Set(concepts.map(({ id }) => id)).size).toBe(concepts.length);
  expect(new Set(concepts.map(({ name }) => name)).size).toBe(concepts.length);
  expect(concepts.every(({ id }) => /^ai_[A-Za-z0-9]{8}$/.test(id))).toBe(true);
  expect(concepts.find(({ id }) => id === 'ai_98Xb0K3q')?.name).toBe('water');
  expect(concepts.find(({ name }) => name === 'dog')?.id).toBe('ai_OCIkVHH6');
});

test('one bad image fails alone and in its place', async () => {
  const model = await open('general-image-recognition');
  const dog = await sample('dog');
  const outputs = await model.predict([
    dog,
    { kind: 'image', bytes: Buffer.from('no image') },
    { kind: 'text', text: 'dog' },
    dog,
  ]);
  expect(outputs.map(({ kind }) => kind)).toEqual(['concepts', 'failed', 'failed', 'concepts']);
  expect(outputs[1]).toMatchObject({ error: { reason: 'unsupported-format' } });
  expect(outputs[0]).toEqual(outputs[3]);
});

test('an aborted prediction rejects', async () => {
  const model = await open('general-image-recognition');
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(model.predict([await sample('dog')], signal)).rejects.toThrow('gone');
});

test('embeddings are of unit length and like pictures lie close', async () => {
  const model = await open('general-image-embedding');
  const [dog, chicken, duck, again] = (
    await model.predict(await Promise.all(['dog', 'chicken', 'duck', 'dog'].map(sample)))
  ).map(vector);
  if (!dog || !chicken || !duck || !again) throw new Error('four embeddings');
  expect(dog.length).toBe(model.manifest.dimensions);
  expect(dot(dog, dog)).toBeCloseTo(1, 5);
  expect(again).toEqual(dog);
  expect(dot(chicken, duck)).toBeGreaterThan(dot(chicken, dog));
});

test('a cluster is the same from the image and from its embedding', async () => {
  const embedder = await open('general-image-embedding');
  const clusterer = await open('general-clusterering');
  const dog = await sample('dog');
  const [embedding] = await embedder.predict([dog]);
  const [direct, handed] = await clusterer.predict([
    dog,
    { kind: 'embedding', vector: vector(embedding) },
  ]);
  expect(direct).toEqual(handed);
  expect(direct).toMatchObject({ kind: 'cluster', id: expect.stringMatching(/^\d+$/) });
  const [short] = await clusterer.predict([{ kind: 'embedding', vector: new Float32Array(3) }]);
  expect(short).toMatchObject({ kind: 'failed' });
});

test('words find pictures', { timeout: 180_000 }, async () => {
  const model = await open('multimodal-clip-embed');
  const names = ['dog', 'chicken', 'sheep', 'duck'];
  const images = (await model.predict(await Promise.all(names.map(sample)))).map(vector);
  const queries = ['a dog', 'a hen in the yard', 'sheep', 'a white duck'];
  const texts = await model.predict(queries.map((text) => ({ kind: 'text', text })));
  texts.map(vector).forEach((text, i) => {
    expect(text.length).toBe(512);
    expect(dot(text, text)).toBeCloseTo(1, 5);
    const scores = images.map((image) => dot(text, image));
    expect(names[scores.indexOf(Math.max(...scores))]).toBe(names[i]);
  });
});

test('the detector boxes what is there', { timeout: 120_000 }, async () => {
  const model = await open('general-image-detection');
  expect(model.concepts).toHaveLength(80);
  const [dog, astronaut] = await model.predict([await sample('dog'), await sample('astronaut')]);
  if (dog?.kind !== 'regions' || astronaut?.kind !== 'regions') throw new Error('no regions');
  expect(dog.regions[0]?.concept?.name).toBe('dog');
  expect(dog.regions[0]?.value).toBeGreaterThan(0.8);
  expect(astronaut.regions[0]?.concept?.name).toBe('person');
  for (const { box } of [...dog.regions, ...astronaut.regions]) {
    expect(box.top).toBeGreaterThanOrEqual(0);
    expect(box.left).toBeLessThanOrEqual(box.right);
    expect(box.bottom).toBeLessThanOrEqual(1);
  }
  expect(dog.regions.map(({ value }) => value)).toEqual(
    dog.regions.map(({ value }) => value).sort((a, b) => b - a),
  );
});

test('everyday pictures are safe', { timeout: 120_000 }, async () => {
  const model = await open('moderation-recognition');
  const inputs = await Promise.all(['dog', 'astronaut', 'sheep'].map(sample));
  const [dog, astronaut, sheep] = (await model.predict(inputs)).map((o) => values(model, o));
  // The reference implementation gives 0.0018, 0.0303 and 0.0000 as explicit.
  expect(dog?.get('explicit')).toBeCloseTo(0.0018, 2);
  expect(astronaut?.get('explicit')).toBeCloseTo(0.03, 1);
  expect(sheep?.get('explicit')).toBeCloseTo(0, 3);
  expect((astronaut?.get('explicit') ?? 0) + (astronaut?.get('safe') ?? 0)).toBeCloseTo(1, 4);
});

test('finds the one face and its points', { timeout: 120_000 }, async () => {
  const model = await open('face-detection');
  const [face, none] = await model.predict([await sample('astronaut'), await sample('duck')]);
  if (face?.kind !== 'regions' || none?.kind !== 'regions') throw new Error('no regions');
  expect(none.regions).toEqual([]);
  expect(face.regions).toHaveLength(1);
  const { box, points = [] } = face.regions[0] ?? {};
  // Her face fills about x 0.36–0.54 and y 0.13–0.33 of the photograph.
  expect(box?.left).toBeGreaterThan(0.3);
  expect(box?.right).toBeLessThan(0.6);
  expect(box?.top).toBeGreaterThan(0.08);
  expect(box?.bottom).toBeLessThan(0.4);
  const at = (name: string) => points.find((point) => point.name === name);
  expect(at('right_eye')?.x).toBeLessThan(at('left_eye')?.x ?? 0);
  expect(at('nose')?.y).toBeLessThan(at('mouth')?.y ?? 0);
});

test('an image is seen once for all models', async () => {
  await using trunk = await ImageTrunk.open(
    await pulled('efficientnet-lite0'),
    1,
    new PixelCache(0),
  );
  const input = await sample('sheep');
  if (input.kind !== 'image') throw new Error('an image');
  expect(trunk.see(input.bytes)).toBe(trunk.see(Buffer.from(input.bytes)));
});

test('a model without its weights says so', async () => {
  await using empty = new ModelHost({
    modelsDir: join(import.meta.dirname, 'nowhere'),
    threads: 1,
  });
  const manifest = findManifest('general-image-detection');
  if (!manifest) throw new Error('no manifest');
  await expect(empty.load(manifest)).rejects.toMatchObject({ reason: 'not-pulled' });
});
