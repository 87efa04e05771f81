import type { ModelVersion } from '@limpid/wire';
import type { ModelTypeManifest } from '../model-types/manifest.ts';

/**
 * What has to happen before a new version can predict: nothing (`ready`), a training, or fetching a model from a URL.
 */
export type VersionStart = 'ready' | 'training' | 'import';

/** A version that its owner runs, and one of a type without weights, are usable at once. */
export function startOf(type: ModelTypeManifest | undefined, version: ModelVersion): VersionStart {
  const pretrained = version.pretrainedModelConfig;
  if (pretrained?.localDev) return 'ready';
  if (pretrained?.modelZipUrl) return 'import';
  return type?.trainable && !pretrained ? 'training' : 'ready';
}
