import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import type { Pixels } from '../media/decode.ts';
import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { Batcher } from './batcher.ts';
import { conceptOf } from './concept-id.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import { floats, Session } from './session.ts';
import { clip, suppress } from './suppress.ts';
import type { Box, LoadedModel, Region } from './types.ts';

const VIEW = 256;
const DETAIL = 640;
/** True faces of photographs score above 0.85; feathers and fur reach 0.79. */
const MIN_SCORE = 0.8;
const MAX_OVERLAP = 0.3;
const MAX_FACES = 100;
const pointNames = ['right_eye', 'left_eye', 'nose', 'mouth', 'right_ear', 'left_ear'];

/** A square of the image, as fractions of its width and height. */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Tile {
  readonly pixels: Float32Array;
  readonly window: Window;
}

type Face = Region & { readonly box: Box };

/**
 * Image → faces with six points each (BlazeFace, the 256-pixel network). It sees faces down to about
 * a tenth of its view, so larger images are also searched in overlapping windows.
 */
export async function openFaceDetector(
  manifest: ModelManifest,
  dir: string,
  threads: number,
  pixels: PixelCache,
): Promise<LoadedModel> {
  const session = await Session.open(join(dir, 'model.onnx'), threads);
  const concept = conceptOf('face');
  const batcher = new Batcher<Tile, Face[]>(1, (tiles) =>
    Promise.all(tiles.map((tile) => findFaces(session, tile))),
  );
  return {
    manifest,
    concepts: [concept],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const key = contentKey(input.bytes);
        const see = (size: number): Promise<Pixels> =>
          pixels.get(key, input.bytes, { width: size, height: size, fit: 'inside' });
        const tiles = [...cutWindows(await see(VIEW)), ...cutWindows(await see(DETAIL))];
        const found = await Promise.all(tiles.map((tile) => batcher.submit(tile)));
        const sorted = found.flat().sort((a, b) => b.value - a.value);
        const faces = suppress(sorted, MAX_OVERLAP, MAX_FACES);
        return { kind: 'regions', regions: faces.map((face) => ({ ...face, concept })) };
      }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Overlapping squares of the network's size that cover the image, black outside it. */
function cutWindows(image: Pixels): Tile[] {
  const tiles: Tile[] = [];
  for (const top of starts(image.height)) {
    for (const left of starts(image.width)) {
      const pixels = new Float32Array(VIEW * VIEW * 3).fill(-1);
      const rows = Math.min(VIEW, image.height - top);
      const columns = Math.min(VIEW, image.width - left) * 3;
      for (let y = 0; y < rows; y++) {
        const from = ((top + y) * image.width + left) * 3;
        for (let i = 0; i < columns; i++) {
          pixels[y * VIEW * 3 + i] = (image.data[from + i] ?? 0) / 127.5 - 1;
        }
      }
      const window = {
        left: left / image.width,
        top: top / image.height,
        width: VIEW / image.width,
        height: VIEW / image.height,
      };
      tiles.push({ pixels, window });
    }
  }
  return tiles;
}

/** Even steps of at most three quarters of the view. */
function starts(length: number): number[] {
  if (length <= VIEW) return [0];
  const steps = Math.ceil((length - VIEW) / (VIEW * 0.75));
  return Array.from({ length: steps + 1 }, (_, i) => Math.round(((length - VIEW) * i) / steps));
}

async function findFaces(session: Session, { pixels, window }: Tile): Promise<Face[]> {
  const outputs = await session.run({
    [session.inputNames[0] ?? 'input']: new Tensor('float32', pixels, [1, VIEW, VIEW, 3]),
  });
  const near = { scores: floats(outputs, 'Identity:0'), boxes: floats(outputs, 'Identity_2:0') };
  const far = { scores: floats(outputs, 'Identity_1:0'), boxes: floats(outputs, 'Identity_3:0') };
  return [
    ...readGrid(near.scores, near.boxes, { cells: 16, anchors: 2 }, window),
    ...readGrid(far.scores, far.boxes, { cells: 8, anchors: 6 }, window),
  ];
}

/** Offsets are pixels from the middle of their grid cell. */
function readGrid(
  scores: Float32Array,
  boxes: Float32Array,
  grid: { readonly cells: number; readonly anchors: number },
  window: Window,
): Face[] {
  const faces: Face[] = [];
  scores.forEach((logit, i) => {
    const value = 1 / (1 + Math.exp(-logit));
    if (value < MIN_SCORE) return;
    const cell = Math.floor(i / grid.anchors);
    const cx = ((cell % grid.cells) + 0.5) / grid.cells;
    const cy = (Math.floor(cell / grid.cells) + 0.5) / grid.cells;
    const at = (k: number): number => (boxes[i * 16 + k] ?? 0) / VIEW;
    const x = (offset: number): number => window.left + (cx + offset) * window.width;
    const y = (offset: number): number => window.top + (cy + offset) * window.height;
    const box = clip({
      left: x(at(0) - at(2) / 2),
      right: x(at(0) + at(2) / 2),
      top: y(at(1) - at(3) / 2),
      bottom: y(at(1) + at(3) / 2),
    });
    const points = pointNames.map((name, p) => ({
      name,
      x: x(at(4 + 2 * p)),
      y: y(at(5 + 2 * p)),
    }));
    faces.push({ box, value, points });
  });
  return faces;
}
