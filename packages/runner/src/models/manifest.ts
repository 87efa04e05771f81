import type { Source } from './sources.ts';

/** Conversions that turn downloaded members into the files of a pack. */
export type ConversionId =
  | 'copy'
  | 'efficientnet-lite0'
  | 'ssd-mobilenet'
  | 'minilm'
  | 'imagenet-text-space';

/** Weights of one network, placed once and shared by every model that names them. */
export interface WeightPack {
  readonly id: string;
  readonly version: string;
  /** One group per archive; any source of a group gives the same members. */
  readonly artifacts: readonly (readonly Source[])[];
  readonly conversion: ConversionId;
  /** Files that the conversion writes. */
  readonly files: readonly string[];
  /** Packs that the conversion reads; they are pulled first. */
  readonly needs?: readonly string[];
  readonly license: string;
  readonly credit: string;
  /** Where the weights were published first. */
  readonly homepage: string;
}

export type FamilyId =
  | 'image-classifier'
  | 'image-embedder'
  | 'image-clusterer'
  | 'image-moderator'
  | 'object-detector'
  | 'face-detector'
  | 'text-embedder'
  | 'text-clusterer'
  | 'joint-embedder'
  | 'color-classifier'
  | 'text-reader';

export type DataKind = 'image' | 'text';
export type OutputKind = 'concepts' | 'embeddings' | 'clusters' | 'regions' | 'colors' | 'text';

/** A figure somebody can get again with `command`. */
export interface Quality {
  readonly metric: string;
  readonly value: number;
  readonly dataset: string;
  readonly command: string;
}

export interface ModelCard {
  readonly description: string;
  readonly intendedUse: string;
  readonly limits: string;
  readonly quality: readonly Quality[];
}

/** One model version as the catalogue offers it. */
export interface ModelManifest {
  readonly id: string;
  readonly name: string;
  /** Version ids that answer, newest first; all name the same weights. */
  readonly versions: readonly [string, ...string[]];
  /** Other model ids that answer for it. */
  readonly aliases: readonly string[];
  readonly modelTypeId: string;
  readonly family: FamilyId;
  /** Ids of the weight packs it opens; none for models that are plain computation. */
  readonly packs: readonly string[];
  readonly inputs: readonly DataKind[];
  readonly output: OutputKind;
  /** Length of its embedding. */
  readonly dimensions?: number;
  readonly core: boolean;
  readonly card: ModelCard;
}
