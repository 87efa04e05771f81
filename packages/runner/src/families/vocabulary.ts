import type { FamilyId } from '../models/manifest.ts';
import { cocoNames } from './coco.ts';
import { conceptOf } from './concept-id.ts';
import { GeneralConcepts } from './general-concepts.ts';
import type { Concept } from './types.ts';

/** What the outputs of a family name, in their order; known without opening its network. */
export function vocabularyOf(family: FamilyId): readonly Concept[] {
  switch (family) {
    case 'image-classifier':
      return new GeneralConcepts().concepts;
    case 'image-moderator':
      return [conceptOf('explicit'), conceptOf('safe')];
    case 'object-detector':
      return cocoNames.flatMap((name) => (name === undefined ? [] : conceptOf(name)));
    case 'face-detector':
      return [conceptOf('face')];
    case 'image-embedder':
    case 'image-clusterer':
    case 'text-embedder':
    case 'text-clusterer':
    case 'joint-embedder':
    case 'color-classifier':
    case 'text-reader':
      return [];
    default:
      return family satisfies never;
  }
}
