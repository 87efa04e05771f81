// The built-in models that this instance offers, as its catalogue wants them: chosen by LIMPID_MODELS.
import { vocabularyOf } from '@limpid/runner/families/vocabulary';
import { modelManifests, weightPack } from '@limpid/runner/models/catalogue';
import type { ModelManifest } from '@limpid/runner/models/manifest';
import { isPulled } from '@limpid/runner/models/pull';
import type { Offer } from '@limpid/server/seed/catalogue';
import type { Config } from './config.ts';
import { EnvError } from './env.ts';

/** `none`, `core`, `full`, or ids of models separated by commas. */
export function offersOf(models: string): Offer[] {
  return chosen(models).map((model) => ({
    model,
    concepts: vocabularyOf(model.family),
    weights: model.packs.map(weightPack),
  }));
}

/** Ids of the offered models whose weights are not in the models folder yet. */
export async function missingModels(
  config: Pick<Config, 'models' | 'modelsDir'>,
): Promise<string[]> {
  const missing: string[] = [];
  for (const model of chosen(config.models)) {
    if (!(await isPulled(model, config.modelsDir))) missing.push(model.id);
  }
  return missing;
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
