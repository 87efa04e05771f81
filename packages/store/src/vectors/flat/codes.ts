import { LANE } from './kernel.ts';
import { createRotation, type Rotation } from './rotation.ts';

/** Dimensions as stored: whole 64-bit words of sketch. The padding is 0 in codes and sketches alike. */
export function strideOf(dimensions: number): number {
  return Math.ceil(dimensions / LANE) * LANE;
}

/** A vector reduced to one byte a dimension: value = code * scale, in the rotated space. */
export interface Code {
  readonly scale: number;
  /** Length of the vector itself. */
  readonly norm: number;
}

/** The query side keeps more bits: its error would add to every candidate's. */
export interface QueryCode extends Code {
  readonly codes: Int16Array;
  readonly sketch: Uint8Array;
}

export class Coder {
  readonly dimensions: number;
  readonly stride: number;
  readonly #rotation: Rotation;
  readonly #rotated: Float32Array;

  constructor(dimensions: number, seed: number) {
    this.dimensions = dimensions;
    this.stride = strideOf(dimensions);
    this.#rotation = createRotation(dimensions, seed);
    this.#rotated = new Float32Array(dimensions);
  }

  /** Writes the code of a stored vector. */
  encode(vector: Float32Array, into: Int8Array): Code {
    return this.#quantize(vector, into, 127);
  }

  encodeQuery(vector: Float32Array): QueryCode {
    const codes = new Int16Array(this.stride);
    const code = this.#quantize(vector, codes, queryLevels(this.stride));
    const sketch = new Uint8Array(this.stride / 8);
    sketchOf(codes, sketch);
    return { ...code, codes, sketch };
  }

  #quantize(vector: Float32Array, into: Int8Array | Int16Array, levels: number): Code {
    const rotated = this.#rotated;
    rotated.set(vector);
    this.#rotation.apply(rotated);
    let largest = 0;
    for (let i = 0; i < rotated.length; i++)
      largest = Math.max(largest, Math.abs(rotated[i] as number));
    const scale = largest / levels;
    const inverse = scale > 0 ? 1 / scale : 0;
    for (let i = 0; i < rotated.length; i++) into[i] = Math.round((rotated[i] as number) * inverse);
    into.fill(0, rotated.length);
    return { scale, norm: lengthOf(vector) };
  }
}

/** As many levels as fit without overflow: |code| <= 127, |query| <= levels, summed over the stride in int32. */
function queryLevels(stride: number): number {
  return Math.min(4_095, Math.floor(2 ** 31 / (128 * stride)) - 1);
}

/** Bit i is set where dimension i is negative. */
export function sketchOf(codes: Int8Array | Int16Array, into: Uint8Array): void {
  for (let byte = 0; byte < into.length; byte++) {
    let bits = 0;
    for (let i = 0; i < 8; i++) bits |= ((codes[byte * 8 + i] as number) >>> 31) << i;
    into[byte] = bits;
  }
}

export function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}
