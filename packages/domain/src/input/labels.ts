// Labels: what a Data message says about its media. They live in annotations; a concept in them is its id and value,
// its name is the concept's and is looked up.
import { type Concept, create, type Data, DataSchema, isConceptId } from '@limpid/wire';
import { duplicateConcepts, invalidArgument } from '@limpid/wire/status';

export interface Label {
  readonly id: string;
  /** For a concept that does not exist yet. */
  readonly name: string;
  readonly value: number;
}

const labelFields = ['concepts', 'regions', 'frames', 'tracks', 'timeSegments'] as const;

/** The labels of a Data message, shared with it, or undefined where it has none. */
export function takeLabels(data: Data): Data | undefined {
  if (!labelFields.some((name) => data[name].length > 0)) return undefined;
  const { concepts, regions, frames, tracks, timeSegments } = data;
  return create(DataSchema, { concepts, regions, frames, tracks, timeSegments });
}

/** Every Data below one, itself first, in the order of the message. */
export function* partsOf(data: Data): Generator<Data> {
  yield data;
  for (const name of ['regions', 'frames', 'tracks', 'timeSegments'] as const) {
    for (const part of data[name]) if (part.data) yield* partsOf(part.data);
  }
}

/** Every concept that labels name, region by region and frame by frame. */
export function conceptsOf(labels: Data): Concept[] {
  return [...partsOf(labels)].flatMap((part) => part.concepts);
}

/**
 * Brings labels into the form in which they are kept: ids in place of names, an id for every region and frame, and
 * nothing that is looked up when they are read. Changes `labels`; returns every concept for the index.
 */
export function settleLabels(labels: Data, newId: () => string): Label[] {
  const found: Label[] = [];
  for (const part of partsOf(labels)) {
    for (const concept of part.concepts) found.push(settleConcept(concept));
    for (const region of part.regions) region.id ||= newId();
    for (const frame of part.frames) frame.id ||= newId();
  }
  return found;
}

function settleConcept(concept: Concept): Label {
  const { name } = concept;
  concept.id ||= name;
  concept.name = '';
  concept.appId = '';
  concept.userId = '';
  concept.language = '';
  concept.createdAt = undefined;
  concept.visibility = undefined;
  concept.extraInfo = undefined;
  return { id: concept.id, name, value: concept.value };
}

/** Throws for labels that make no sense, before anything of them is kept. */
export function checkLabels(labels: Data, noun: 'input' | 'annotation' = 'input'): void {
  for (const part of partsOf(labels)) {
    checkConcepts(part.concepts, noun);
    for (const { regionInfo } of part.regions) {
      const box = regionInfo?.boundingBox;
      if (!box) continue;
      const { topRow, leftCol, bottomRow, rightCol } = box;
      const isInside = [topRow, leftCol, bottomRow, rightCol].every(
        (side) => side >= 0 && side <= 1,
      );
      if (!isInside || topRow > bottomRow || leftCol > rightCol) {
        throw invalidArgument('a bounding box must lie within 0 and 1, top above bottom', noun);
      }
    }
  }
}

function checkConcepts(concepts: readonly Concept[], noun: 'input' | 'annotation'): void {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const concept of concepts) {
    const id = concept.id || concept.name;
    if (!isConceptId(id))
      throw invalidArgument(`'${id.slice(0, 80)}' is not a valid concept id`, noun);
    if (!(concept.value >= 0 && concept.value <= 1)) {
      throw invalidArgument(`the value of concept '${id}' must be from 0 to 1`, noun);
    }
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  if (repeated.size > 0) throw duplicateConcepts([...repeated]);
}
