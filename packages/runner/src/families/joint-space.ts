import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seen } from './image-trunk.ts';
import { broadestWords, type FoldedConcept, fold, imagenetWords } from './imagenet-words.ts';
import type { MiniLm } from './minilm.ts';
import { dot, normalize, softmax } from './vectors.ts';

const SENTENCE = 384;
const WORDS = 128;
/** Chosen on captioned pictures by tools/quality/measure.ts. */
const IMAGE_SHARPNESS = 0.75;
const TEXT_SHARPNESS = 20;
const WORD_WEIGHT = 0.5;

export const JOINT_DIMENSIONS = SENTENCE + WORDS;

/** The files of the pack: sentence vectors of the class descriptions and of the everyday words. */
export async function describeClasses(network: MiniLm): Promise<Map<string, Uint8Array>> {
  const classes = imagenetWords.classes.map(({ name, kinds }) => [name, ...kinds].join(', '));
  const words = broadestWords(WORDS).map(({ concept }) => concept.name);
  return new Map([
    ['classes.f32', await embedAll(network, classes)],
    ['words.f32', await embedAll(network, words)],
  ]);
}

/**
 * One space for pictures and words, without a network trained on pairs of them. The first 384
 * numbers are a sentence vector: of the text itself, or the mean of the class descriptions weighted by
 * how probable each class is in the picture. The other 128 say how much each broad everyday word
 * applies.
 */
export class JointSpace {
  readonly #classes: Float32Array;
  readonly #words: Float32Array;
  readonly #axes: readonly FoldedConcept[] = broadestWords(WORDS);

  private constructor(classes: Float32Array, words: Float32Array) {
    this.#classes = classes;
    this.#words = words;
  }

  static async open(dir: string): Promise<JointSpace> {
    return new JointSpace(
      await readFloats(join(dir, 'classes.f32'), imagenetWords.classes.length * SENTENCE),
      await readFloats(join(dir, 'words.f32'), WORDS * SENTENCE),
    );
  }

  placeImage({ logits }: Seen): Float32Array {
    const weights = softmax(logits, IMAGE_SHARPNESS);
    const sentence = new Float32Array(SENTENCE);
    weights.forEach((weight, row) => {
      for (let i = 0; i < SENTENCE; i++) {
        sentence[i] = (sentence[i] ?? 0) + weight * (this.#classes[row * SENTENCE + i] ?? 0);
      }
    });
    return join512(normalize(sentence), fold(softmax(logits, 1), this.#axes));
  }

  placeText(sentence: Float32Array): Float32Array {
    const likeness = new Float32Array(WORDS);
    for (let i = 0; i < WORDS; i++) likeness[i] = dot(sentence, this.#words, i * SENTENCE);
    return join512(sentence, softmax(likeness, TEXT_SHARPNESS));
  }
}

function join512(sentence: Float32Array, words: Float32Array): Float32Array {
  const vector = new Float32Array(JOINT_DIMENSIONS);
  vector.set(sentence);
  const roots = normalize(words.map(Math.sqrt));
  roots.forEach((root, i) => {
    vector[SENTENCE + i] = root * WORD_WEIGHT;
  });
  return normalize(vector);
}

async function embedAll(network: MiniLm, texts: readonly string[]): Promise<Uint8Array> {
  const vectors = await Promise.all(texts.map((text) => network.embed(text)));
  return Buffer.concat(
    vectors.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  );
}

async function readFloats(path: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(path);
  if (bytes.length !== count * 4) throw new Error(`${path} has a wrong length`);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
