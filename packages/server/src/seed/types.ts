import type { JsonObject } from '@limpid/wire';

/** What the instance offers by itself in `clarifai/main`. Data only: whoever seeds it says when. */
export interface Catalogue {
  readonly models: readonly SeedModel[];
  readonly workflows: readonly SeedWorkflow[];
}

export interface SeedModel {
  readonly id: string;
  /** Shown beside the id, which stands in for a name wherever clients build addresses of it. */
  readonly title: string;
  readonly modelTypeId: string;
  readonly description: string;
  readonly notes: string;
  readonly metadata: JsonObject;
  readonly useCases: readonly string[];
  readonly license: string;
  readonly creator: string;
  /** Version ids, newest first. */
  readonly versions: readonly [string, ...string[]];
  /** Other ids that answer for the model. */
  readonly aliases: readonly string[];
  /** What its versions name, in the order of their outputs. */
  readonly concepts: readonly SeedConcept[];
  /** Its place among featured models, the highest first. */
  readonly featuredOrder?: number;
}

export interface SeedConcept {
  readonly id: string;
  readonly name: string;
}

export interface SeedWorkflow {
  readonly id: string;
  readonly description: string;
  readonly nodes: readonly SeedNode[];
}

export interface SeedNode {
  readonly id: string;
  /** A model of the catalogue. */
  readonly model: string;
  /** One of its versions; the newest when absent. */
  readonly version?: string;
  readonly inputs?: readonly string[];
}
