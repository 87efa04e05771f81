import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findManifest } from '../models/catalogue.ts';
import { pullModel } from '../models/pull.ts';
import { ModelHost } from './host.ts';
import { modelsDir } from './pulled.fixture.ts';
import type { LoadedModel, ModelOutput } from './types.ts';

let host: ModelHost;
beforeAll(() => {
  host = new ModelHost({ modelsDir, threads: 1 });
});
afterAll(() => host[Symbol.asyncDispose]());

async function open(id: string): Promise<LoadedModel> {
  const manifest = findManifest(id);
  if (!manifest) throw new Error(`no model ${id}`);
  await pullModel(manifest, { modelsDir });
  return host.load(manifest);
}

async function embed(model: LoadedModel, texts: readonly string[]): Promise<Float32Array[]> {
  return (await model.predict(texts.map((text) => ({ kind: 'text', text })))).map(vector);
}

function vector(output: ModelOutput): Float32Array {
  if (output.kind !== 'embedding') throw new Error(`expected an embedding, got ${output.kind}`);
  return output.vector;
}

function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return (a ?? new Float32Array()).reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0);
}

test('like meanings lie close', { timeout: 120_000 }, async () => {
  const model = await open('english-text-embedding');
  const [reset, forgot, weather] = await embed(model, [
    'How do I reset my password?',
    'I forgot my login credentials',
    'The weather is sunny today',
  ]);
  expect(reset?.length).toBe(model.manifest.dimensions);
  expect(dot(reset, reset)).toBeCloseTo(1, 5);
  expect(dot(reset, forgot)).toBeGreaterThan(0.6);
  expect(dot(reset, weather)).toBeLessThan(0.1);
});

test('a text has the same vector alone and in company', async () => {
  const model = await open('english-text-embedding');
  const [alone] = await embed(model, ['a red bicycle']);
  const company = await embed(model, ['short', 'a red bicycle', 'a much longer text '.repeat(40)]);
  expect(company[1]).toEqual(alone);
});

test('texts of one topic share a cluster', async () => {
  const model = await open('english-text-clustering');
  const outputs = await model.predict(
    [
      'a small songbird of northern forests',
      'a bird with bright feathers that sings',
      'an oath sworn before a court of law',
    ].map((text) => ({ kind: 'text', text })),
  );
  const ids = outputs.map((output) => (output.kind === 'cluster' ? output.id : output.kind));
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[0]);
});

test('reads lines in order', { timeout: 120_000 }, async () => {
  const model = await open('ocr-scene-english-paddleocr');
  // Drawn by hand from rectangles: the tests need no font. A seven-segment display reads as digits.
  const page = await display(['2031', '4857']);
  const [output] = await model.predict([{ kind: 'image', bytes: page }]);
  if (output?.kind !== 'regions') throw new Error('no regions');
  expect(output.regions.map(({ text }) => text)).toEqual(['2031', '4857']);
  const [first, second] = output.regions;
  expect(first?.box.bottom).toBeLessThan(second?.box.bottom ?? 0);
  const blank = sharp({ create: { width: 64, height: 64, channels: 3, background: '#fff' } });
  const [empty] = await model.predict([{ kind: 'image', bytes: await blank.png().toBuffer() }]);
  expect(empty).toEqual({ kind: 'regions', regions: [] });
});

test('colours come with their shares and names', async () => {
  const model = await open('color-recognition');
  const image = sharp({ create: { width: 100, height: 100, channels: 3, background: '#ff0000' } });
  const patch = await sharp({
    create: { width: 100, height: 25, channels: 3, background: '#000080' },
  })
    .png()
    .toBuffer();
  const bytes = await image
    .composite([{ input: patch, left: 0, top: 0 }])
    .png()
    .toBuffer();
  const [output] = await model.predict([{ kind: 'image', bytes }]);
  if (output?.kind !== 'colors') throw new Error('no colours');
  expect(output.colors.map(({ name }) => name)).toEqual(['Red', 'Navy']);
  expect(output.colors[0]?.share).toBeCloseTo(0.75, 1);
  expect(output.colors.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
});

/** Digits by their segments: top, upper left, upper right, middle, lower left, lower right, bottom. */
const segments: Readonly<Record<string, string>> = {
  '0': '1110111',
  '1': '0010010',
  '2': '1011101',
  '3': '1011011',
  '4': '0111010',
  '5': '1101011',
  '7': '1010010',
  '8': '1111111',
};

async function display(lines: readonly string[]): Promise<Buffer> {
  const width = 520;
  const height = 140 * lines.length + 40;
  const pixels = Buffer.alloc(width * height * 3, 255);
  const fill = (x: number, y: number, w: number, h: number): void => {
    for (let row = y; row < y + h; row++)
      pixels.fill(20, (row * width + x) * 3, (row * width + x + w) * 3);
  };
  lines.forEach((line, l) => {
    [...line].forEach((digit, d) => {
      const x = 60 + d * 90;
      const y = 40 + l * 140;
      const on = segments[digit] ?? '';
      if (on[0] === '1') fill(x, y, 50, 10);
      if (on[1] === '1') fill(x, y, 10, 50);
      if (on[2] === '1') fill(x + 40, y, 10, 50);
      if (on[3] === '1') fill(x, y + 40, 50, 10);
      if (on[4] === '1') fill(x, y + 40, 10, 50);
      if (on[5] === '1') fill(x + 40, y + 40, 10, 50);
      if (on[6] === '1') fill(x, y + 80, 50, 10);
    });
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
