// What a search asks for, once its messages are read and checked. Concepts are still named: whoever runs the search
// replaces `WantedConcept` by what it stands for.
import type { JsonObject } from '@limpid/wire';
import type { MediaKind } from '../input/media.ts';

export interface WantedConcept {
  /** Decides alone where it is given. */
  readonly id: string;
  readonly name: string;
  /** Of the name; empty for the query's. */
  readonly language: string;
  /** From 0.5 on: at least so much of the concept; below: at most. */
  readonly value: number;
}

export const regionShapes = ['bounding_box', 'mask', 'point', 'polygon', 'span'] as const;
export type RegionShape = (typeof regionShapes)[number];
/** `whole`: neither a region, a frame nor a stretch of time. */
export type Shape = RegionShape | 'whole' | 'frame' | 'time_segment' | 'text';

/** Something that one annotation must be. */
export type AnnotationTest<C = WantedConcept> =
  | { readonly is: 'id'; readonly id: string }
  | { readonly is: 'user'; readonly id: string }
  | { readonly is: 'model_version'; readonly id: string }
  | { readonly is: 'workflow_version'; readonly id: string }
  | { readonly is: 'task'; readonly id: string }
  | { readonly is: 'track'; readonly id: string }
  | { readonly is: 'status'; readonly code: number }
  | { readonly is: 'trusted' }
  | { readonly is: 'input_level' }
  | { readonly is: 'shape'; readonly shape: Shape }
  | { readonly is: 'changed'; readonly from: Date | undefined; readonly to: Date | undefined }
  | { readonly is: 'info'; readonly anyOf: readonly JsonObject[] }
  | { readonly is: 'clusters'; readonly anyOf: readonly string[] }
  | { readonly is: 'concepts'; readonly anyOf: readonly C[] };

/** Something that an input must be, whatever is said of it. */
export type InputTest =
  | { readonly is: 'input'; readonly id: string }
  | { readonly is: 'kinds'; readonly anyOf: readonly MediaKind[] }
  | { readonly is: 'datasets'; readonly anyOf: readonly string[] }
  | { readonly is: 'status'; readonly code: number }
  | { readonly is: 'metadata'; readonly anyOf: readonly JsonObject[] }
  | { readonly is: 'image_url'; readonly url: string }
  | { readonly is: 'near'; readonly place: Place; readonly radians: number }
  | { readonly is: 'within'; readonly south: Place; readonly north: Place };

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** One filter. Its three parts must all hold, or with `negate` not all of them. */
export interface FilterTerm<C = WantedConcept> {
  readonly negate: boolean;
  /** All of one annotation. */
  readonly annotation: readonly AnnotationTest<C>[];
  /** All of the input. */
  readonly input: readonly InputTest[];
  /** Any of the input; empty where nothing is asked. */
  readonly anyOfInput: readonly InputTest[];
}

/** What hits are ordered by. */
export type Criterion<C = WantedConcept> =
  | { readonly by: 'concepts'; readonly anyOf: readonly C[] }
  | {
      readonly by: 'image';
      readonly source: { readonly url: string } | { readonly bytes: Uint8Array };
    }
  | { readonly by: 'text'; readonly text: string }
  | { readonly by: 'vector'; readonly vector: Float32Array }
  | { readonly by: 'input'; readonly id: string };

export interface RankTerm<C = WantedConcept> {
  readonly negate: boolean;
  readonly criterion: Criterion<C>;
  /** Only what this model version said, or its embeddings; empty for any. */
  readonly modelVersionId: string;
}

export const algorithms = ['nearest_neighbor', 'brute_force', 'avg_concept_brute_force'] as const;
export type Algorithm = (typeof algorithms)[number];

/** Filters must all hold. Ranks all count: a hit's score is the geometric mean of theirs. */
export interface SearchTerm {
  readonly filters: readonly FilterTerm[];
  readonly ranks: readonly RankTerm[];
  /** Of concept names; empty for the app's own. */
  readonly language: string;
  readonly algorithm: Algorithm;
  readonly metric: 'euclidean' | 'cosine';
  /** Hits of a lower score are left out. */
  readonly minValue: number;
}
