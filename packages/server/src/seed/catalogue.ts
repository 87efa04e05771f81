// From what the runners offer to what the instance is seeded with.
import type { JsonObject } from '@limpid/wire';
import type { Catalogue, SeedConcept, SeedModel, SeedWorkflow } from './types.ts';
import { seedWorkflows } from './workflows.ts';

/** A built-in model as its manifest describes it. */
export interface OfferedModel {
  readonly id: string;
  readonly name: string;
  readonly versions: readonly [string, ...string[]];
  readonly aliases: readonly string[];
  readonly modelTypeId: string;
  readonly dimensions?: number;
  readonly card: {
    readonly description: string;
    readonly intendedUse: string;
    readonly limits: string;
    readonly quality: readonly {
      readonly metric: string;
      readonly value: number;
      readonly dataset: string;
      readonly command: string;
    }[];
  };
}

/** Where the weights of an offered model come from. */
export interface OfferedWeights {
  readonly license: string;
  readonly credit: string;
  readonly homepage: string;
}

export interface Offer {
  readonly model: OfferedModel;
  readonly concepts: readonly SeedConcept[];
  /** None for models that are plain computation. */
  readonly weights: readonly OfferedWeights[];
}

const OURS = 'Apache-2.0';

/** What can really run: the models offered, and the workflows that have all of theirs. */
export function catalogueOf(offers: readonly Offer[]): Catalogue {
  const models = offers.map((offer, index) => seedModel(offer, offers.length - index));
  return { models, workflows: seedWorkflows.filter((workflow) => runs(workflow, models)) };
}

function runs(workflow: SeedWorkflow, models: readonly SeedModel[]): boolean {
  return workflow.nodes.every(({ model, version }) =>
    models.some(({ id, versions }) => id === model && (!version || versions.includes(version))),
  );
}

function seedModel({ model, concepts, weights }: Offer, featuredOrder: number): SeedModel {
  const { id, name: title, versions, aliases, modelTypeId, card } = model;
  return {
    id,
    title,
    modelTypeId,
    description: card.description,
    notes: notesOf(model, weights),
    metadata: metadataOf(model, weights),
    useCases: [],
    license: [...new Set(weights.map(({ license }) => license))].join(' AND ') || OURS,
    creator: weights.map(({ credit }) => credit).join('; ') || 'Limpid',
    versions,
    aliases,
    concepts,
    // Whatever the shelf holds first is shown first; the operator of an instance features nothing else.
    ...(featuredOrder > 0 && isFeatured(concepts, model) && { featuredOrder }),
  };
}

/** Models that a person would try by itself: their outputs are for eyes, not for other models. */
function isFeatured(concepts: readonly SeedConcept[], model: OfferedModel): boolean {
  return concepts.length > 0 || model.modelTypeId === 'optical-character-recognizer';
}

function notesOf({ card }: OfferedModel, weights: readonly OfferedWeights[]): string {
  const measured = card.quality.map(
    ({ metric, value, dataset, command }) => `- ${metric} ${value} on ${dataset} (\`${command}\`)`,
  );
  const credits = weights.map(
    ({ credit, license, homepage }) => `- ${credit} (${license}): ${homepage}`,
  );
  return [
    `## Intended use\n\n${card.intendedUse}`,
    `## Limits\n\n${card.limits}`,
    ...(measured.length > 0 ? [`## Measured\n\n${measured.join('\n')}`] : []),
    ...(credits.length > 0 ? [`## Weights\n\n${credits.join('\n')}`] : []),
  ].join('\n\n');
}

function metadataOf(model: OfferedModel, weights: readonly OfferedWeights[]): JsonObject {
  return {
    ...(model.dimensions !== undefined && { num_dimensions: model.dimensions }),
    ...(weights.length > 0 && { sources: weights.map(({ homepage }) => homepage) }),
  };
}
