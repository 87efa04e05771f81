import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { decodePixels, type Pixels } from '../media/decode.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { Batcher } from './batcher.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import { Session } from './session.ts';
import { findLines, type Line } from './text-lines.ts';
import type { LoadedModel, Region } from './types.ts';

/** Longest side that the detector sees; a multiple of 32. */
const DETECT_SIDE = 960;
/** Lines are cut from this finer picture. */
const READ_SIDE = 1920;
const LINE_HEIGHT = 48;
const MAX_LINE_WIDTH = 1600;
const MAX_LINES = 200;
const MIN_CONFIDENCE = 0.5;

/** Image → lines of Latin or Chinese text with boxes, in reading order (PP-OCRv4). */
export async function openTextReader(
  manifest: ModelManifest,
  dir: string,
  threads: number,
): Promise<LoadedModel> {
  const detect = await Session.open(join(dir, 'detect.onnx'), threads);
  const read = await Session.open(join(dir, 'read.onnx'), threads);
  const letters = (await readFile(join(dir, 'alphabet.txt'), 'utf8'))
    .replace(/\n$/, '')
    .split('\n');
  const alphabet = ['', ...letters.map((letter) => letter.replace(/\r$/, '')), ' '];
  const batcher = new Batcher<Uint8Array, readonly Region[]>(1, (images) =>
    Promise.all(images.map((bytes) => readImage(bytes, detect, read, alphabet))),
  );
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        return { kind: 'regions', regions: await batcher.submit(input.bytes) };
      }),
    [Symbol.asyncDispose]: async () => {
      await detect[Symbol.asyncDispose]();
      await read[Symbol.asyncDispose]();
    },
  };
}

async function readImage(
  bytes: Uint8Array,
  detect: Session,
  read: Session,
  alphabet: readonly string[],
): Promise<readonly Region[]> {
  const page = await decodePixels(bytes, { width: READ_SIDE, height: READ_SIDE, fit: 'inside' });
  const scale = Math.min(1, DETECT_SIDE / Math.max(page.width, page.height));
  const width = Math.max(32, Math.round((page.width * scale) / 32) * 32);
  const height = Math.max(32, Math.round((page.height * scale) / 32) * 32);
  const view = await decodePixels(bytes, { width, height, fit: 'fill' });
  const map = await run(detect, view, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
  const regions: Region[] = [];
  for (const line of findLines(map.data, width, height).slice(0, MAX_LINES)) {
    const { text, value } = await readLine(page, line, read, alphabet);
    if (text.trim() !== '' && value >= MIN_CONFIDENCE) regions.push({ box: line.box, text, value });
  }
  return regions;
}

async function readLine(
  page: Pixels,
  line: Line,
  read: Session,
  alphabet: readonly string[],
): Promise<{ text: string; value: number }> {
  const strip = cutLine(page, line);
  const { data, dims } = await run(read, strip, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
  return decodeLetters(data, dims[2] ?? alphabet.length, alphabet);
}

/** Bilinear cut of a box, scaled to the reader's height. */
function cutLine(page: Pixels, { box }: Line): Pixels {
  const x0 = box.left * page.width;
  const y0 = box.top * page.height;
  const boxWidth = Math.max(1, (box.right - box.left) * page.width);
  const boxHeight = Math.max(1, (box.bottom - box.top) * page.height);
  const wanted = Math.round((boxWidth / boxHeight) * LINE_HEIGHT);
  const width = Math.min(MAX_LINE_WIDTH, Math.max(16, wanted));
  const data = new Uint8Array(width * LINE_HEIGHT * 3);
  for (let y = 0; y < LINE_HEIGHT; y++) {
    for (let x = 0; x < width; x++) {
      const sx = x0 + ((x + 0.5) * boxWidth) / width - 0.5;
      const sy = y0 + ((y + 0.5) * boxHeight) / LINE_HEIGHT - 0.5;
      sample(page, sx, sy, data, (y * width + x) * 3);
    }
  }
  return { width, height: LINE_HEIGHT, data };
}

function sample(page: Pixels, x: number, y: number, out: Uint8Array, at: number): void {
  const left = Math.min(page.width - 1, Math.max(0, Math.floor(x)));
  const top = Math.min(page.height - 1, Math.max(0, Math.floor(y)));
  const right = Math.min(page.width - 1, left + 1);
  const bottom = Math.min(page.height - 1, top + 1);
  const fx = Math.min(1, Math.max(0, x - left));
  const fy = Math.min(1, Math.max(0, y - top));
  const value = (px: number, py: number, c: number): number =>
    page.data[(py * page.width + px) * 3 + c] ?? 0;
  for (let c = 0; c < 3; c++) {
    const upper = value(left, top, c) * (1 - fx) + value(right, top, c) * fx;
    const lower = value(left, bottom, c) * (1 - fx) + value(right, bottom, c) * fx;
    out[at + c] = upper * (1 - fy) + lower * fy;
  }
}

async function run(
  session: Session,
  { width, height, data }: Pixels,
  mean: readonly number[],
  deviation: readonly number[],
): Promise<{ data: Float32Array; dims: readonly number[] }> {
  const area = width * height;
  const planes = new Float32Array(area * 3);
  for (let c = 0; c < 3; c++) {
    const factor = 1 / (255 * (deviation[c] ?? 1));
    const shift = (mean[c] ?? 0) / (deviation[c] ?? 1);
    // PaddleOCR's networks were trained on blue, green, red.
    for (let i = 0; i < area; i++)
      planes[c * area + i] = (data[i * 3 + 2 - c] ?? 0) * factor - shift;
  }
  const outputs = await session.run({
    [session.inputNames[0] ?? 'x']: new Tensor('float32', planes, [1, 3, height, width]),
  });
  const [tensor] = Object.values(outputs);
  if (!(tensor?.data instanceof Float32Array)) throw new Error('the network has no float output');
  return { data: tensor.data, dims: tensor.dims };
}

/** Greedy CTC: the likeliest letter of each step, repeats and blanks dropped. */
function decodeLetters(
  data: Float32Array,
  letters: number,
  alphabet: readonly string[],
): { text: string; value: number } {
  let text = '';
  let sum = 0;
  let count = 0;
  let last = 0;
  for (let step = 0; step * letters < data.length; step++) {
    let best = 0;
    for (let i = 1; i < letters; i++) {
      if ((data[step * letters + i] ?? 0) > (data[step * letters + best] ?? 0)) best = i;
    }
    if (best !== 0 && best !== last) {
      text += alphabet[best] ?? '';
      sum += data[step * letters + best] ?? 0;
      count++;
    }
    last = best;
  }
  return { text, value: count === 0 ? 0 : sum / count };
}
