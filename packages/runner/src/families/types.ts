import type { MediaError } from '../media/media-error.ts';
import type { ModelManifest } from '../models/manifest.ts';

/** One thing to predict on. */
export type ModelInput =
  /** An encoded image: JPEG, PNG, WebP, GIF (first frame), TIFF, AVIF or BMP. */
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  /** An embedding of the model that this one builds on, as a workflow hands it over. */
  | { readonly kind: 'embedding'; readonly vector: Float32Array };

export interface Concept {
  /** `ai_` and eight letters or digits made from the name: the same everywhere, always. */
  readonly id: string;
  readonly name: string;
}

/** Fractions of the image's height and width, 0–1, as stored (not turned by EXIF). */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface Region {
  readonly box: Box;
  /** Detectors: what it is. */
  readonly concept?: Concept;
  /** Text readers: what it says. */
  readonly text?: string;
  /** Confidence, 0–1. */
  readonly value: number;
  /** Named points, as fractions of width (x) and height (y). */
  readonly points?: readonly { readonly name: string; readonly x: number; readonly y: number }[];
}

export interface ColorShare {
  /** `#rrggbb` as found. */
  readonly hex: string;
  /** The nearest of the CSS named colours. */
  readonly namedHex: string;
  readonly name: string;
  /** Share of the image's pixels, 0–1. */
  readonly share: number;
}

export type ModelOutput =
  /** One value of 0–1 for each of the model's `concepts`, in their order. */
  | { readonly kind: 'concepts'; readonly values: Float32Array }
  /** Of unit length. */
  | { readonly kind: 'embedding'; readonly vector: Float32Array }
  /** `projection` places it on a map, both axes about −1 to 1. */
  | {
      readonly kind: 'cluster';
      readonly id: string;
      readonly projection: readonly [number, number];
    }
  | { readonly kind: 'regions'; readonly regions: readonly Region[] }
  /** Most frequent first; the shares add up to 1. */
  | { readonly kind: 'colors'; readonly colors: readonly ColorShare[] }
  /** This input failed; the others of the call are not touched. */
  | { readonly kind: 'failed'; readonly error: MediaError };

/** A model that is ready to predict. */
export interface LoadedModel extends AsyncDisposable {
  readonly manifest: ModelManifest;
  /** What `values` and regions may name; empty for models without concepts. */
  readonly concepts: readonly Concept[];
  /** One output for each input, in order. Rejects only when aborted or when the model is broken. */
  predict(inputs: readonly ModelInput[], signal?: AbortSignal): Promise<ModelOutput[]>;
}
