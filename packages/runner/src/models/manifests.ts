import type { ModelManifest } from './manifest.ts';

/** The models of user `clarifai`, app `main`, that run on weights or code of ours. */
export const modelManifests: readonly ModelManifest[] = [];
