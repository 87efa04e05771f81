import { ModelError } from './errors.ts';
import type { ModelManifest, WeightPack } from './manifest.ts';
import { modelManifests } from './manifests.ts';
import { weightPacks } from './packs.ts';

export { modelManifests, weightPacks };

/** The manifest that a model id or one of its aliases names. */
export function findManifest(id: string): ModelManifest | undefined {
  return modelManifests.find((manifest) => manifest.id === id || manifest.aliases.includes(id));
}

export function weightPack(id: string): WeightPack {
  const pack = weightPacks.find((candidate) => candidate.id === id);
  if (!pack) throw new ModelError('not-pulled', `there is no weight pack ${id}`);
  return pack;
}
