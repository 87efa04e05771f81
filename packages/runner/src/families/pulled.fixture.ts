import { weightPack } from '../models/catalogue.ts';
import { pullPack } from '../models/pull.ts';

/** Where tests keep weights: shared by runs, so that only the first needs a registry. */
export const modelsDir = process.env.LIMPID_MODELS_DIR ?? '.cache/models';

/** Folder of a pack, pulled the way the product does. */
export function pulled(id: string): Promise<string> {
  return pullPack(weightPack(id), { modelsDir });
}
