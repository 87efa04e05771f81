import { dot } from './vectors.ts';

/** A committed clustering, as the tools under tools/quality write it. */
export interface ClusterFile {
  readonly dimensions: number;
  /** Rows of signed bytes, base64; a row's length does not matter for the nearest direction. */
  readonly centroids: string;
  /** Two rows of signed bytes, base64: axes of the map, and the factors that bring it to −1…1. */
  readonly axes: string;
  readonly scale: readonly number[];
}

/** Nearest of fixed directions, and a place on a two-dimensional map. */
export class ClusterSpace {
  readonly dimensions: number;
  readonly count: number;
  readonly #centroids: Float32Array;
  readonly #axes: Float32Array;
  readonly #scale: readonly number[];

  constructor(file: ClusterFile) {
    this.dimensions = file.dimensions;
    this.#centroids = unitRows(file.centroids, file.dimensions);
    this.#axes = unitRows(file.axes, file.dimensions);
    this.#scale = file.scale;
    this.count = this.#centroids.length / file.dimensions;
  }

  place(vector: Float32Array): { id: string; projection: readonly [number, number] } {
    let best = 0;
    let likeness = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.count; i++) {
      const value = dot(vector, this.#centroids, i * this.dimensions);
      if (value > likeness) {
        likeness = value;
        best = i;
      }
    }
    const along = (axis: number): number =>
      dot(vector, this.#axes, axis * this.dimensions) * (this.#scale[axis] ?? 1);
    return { id: String(best), projection: [along(0), along(1)] };
  }
}

function unitRows(base64: string, dimensions: number): Float32Array {
  const rows = Float32Array.from(new Int8Array(Buffer.from(base64, 'base64')));
  for (let start = 0; start < rows.length; start += dimensions) {
    const row = rows.subarray(start, start + dimensions);
    const length = Math.sqrt(dot(row, row)) || 1;
    for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / length;
  }
  return rows;
}
