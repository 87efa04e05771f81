// The built-in models that this instance offers, as its catalogue wants them: chosen by LIMPID_MODELS.
import { cocoNames } from '@limpid/runner/families/coco';
import { conceptOf } from '@limpid/runner/families/concept-id';
import { foldedConcepts } from '@limpid/runner/families/imagenet-words';
import { modelManifests, weightPack } from '@limpid/runner/models/catalogue';
import type { ModelManifest } from '@limpid/runner/models/manifest';
import type { Offer } from '@limpid/server/seed/catalogue';
import { EnvError } from './env.ts';

/** `none`, `core`, `full`, or ids of models separated by commas. */
export function offersOf(models: string): Offer[] {
  return chosen(models).map((model) => ({
    model,
    concepts: vocabularyOf(model),
    weights: model.packs.map(weightPack),
  }));
}

function chosen(models: string): readonly ModelManifest[] {
  if (models === 'none') return [];
  if (models === 'full') return modelManifests;
  if (models === 'core') return modelManifests.filter(({ core }) => core);
  const ids = models.split(',').map((id) => id.trim());
  const unknown = ids.filter((id) => !modelManifests.some((manifest) => manifest.id === id));
  if (unknown.length > 0) {
    throw new EnvError(
      `LIMPID_MODELS is none, core, full or ids of models; there is no ${unknown.join(', ')}`,
    );
  }
  return modelManifests.filter(({ id }) => ids.includes(id));
}

/** What the outputs of a model name, in their order. */
function vocabularyOf({ family }: ModelManifest): Offer['concepts'] {
  switch (family) {
    case 'image-classifier':
      return foldedConcepts().map(({ concept }) => concept);
    case 'object-detector':
      return cocoNames.flatMap((name) => (name === undefined ? [] : conceptOf(name)));
    case 'face-detector':
      return [conceptOf('face')];
    default:
      return [];
  }
}
