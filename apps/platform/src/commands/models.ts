import { findManifest, modelManifests } from '@limpid/runner/models/catalogue';
import { isPulled, pullModel } from '@limpid/runner/models/pull';
import type { Config } from '../config.ts';
import { missingModels } from '../offers.ts';
import { UsageError } from '../usage-error.ts';

/** `limpid models …`: the built-in models and whether their weights are here. Answers are JSON, one model a line. */
export async function modelsCommand(config: Config, args: readonly string[]): Promise<void> {
  const [action = 'list', ...ids] = args;
  if (action === 'list') return await list(config);
  if (action === 'pull')
    return await pull(config, ids.length > 0 ? ids : await missingModels(config));
  throw new UsageError('limpid models: list, or pull [ID …]');
}

async function list({ modelsDir }: Config): Promise<void> {
  for (const model of modelManifests) {
    const { id, name, modelTypeId, core } = model;
    console.log(
      JSON.stringify({
        id,
        name,
        model_type_id: modelTypeId,
        core,
        pulled: await isPulled(model, modelsDir),
      }),
    );
  }
}

async function pull({ modelsDir }: Config, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const manifest = findManifest(id);
    if (!manifest) throw new UsageError(`There is no built-in model '${id}'`);
    await pullModel(manifest, { modelsDir });
    console.log(JSON.stringify({ id: manifest.id, pulled: true }));
  }
}
