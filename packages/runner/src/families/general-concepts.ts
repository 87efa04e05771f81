import { cocoNames } from './coco.ts';
import { conceptOf } from './concept-id.ts';
import { type FoldedConcept, fold, foldedConcepts } from './imagenet-words.ts';
import type { FoundObject } from './object-network.ts';
import type { Concept } from './types.ts';

const PERSON = 'person';
const PEOPLE = 'people';
/** Detections count from here; weaker ones pushed right words out of the first five. */
const FROM = 0.5;
/** Where the classifier has a say of its own, which it has not for people, more is asked. */
const FROM_KNOWN = 0.8;

/**
 * The concepts of the general classifier: everyday words and ImageNet classes by folding, and the
 * COCO categories by detection, which adds people and small things. A thing found also raises the
 * words above it: a dog is an animal.
 */
export class GeneralConcepts {
  readonly concepts: readonly Concept[];
  readonly #folded: readonly FoldedConcept[] = foldedConcepts();
  /** For each COCO category, the concepts that hold when it is there. */
  readonly #raises = new Map<string, readonly number[]>();
  readonly #people: number;

  constructor() {
    const known = new Set(this.#folded.map(({ concept }) => concept.name));
    const coco = cocoNames.filter((name) => name !== undefined);
    const added = [...coco.filter((name) => !known.has(name)), PEOPLE].map(conceptOf);
    this.concepts = [...this.#folded.map(({ concept }) => concept), ...added];
    const places = new Map(this.concepts.map(({ name }, place) => [name, place]));
    for (const name of coco) this.#raises.set(name, this.#above(places.get(name) ?? 0));
    this.#people = places.get(PEOPLE) ?? 0;
  }

  /** One value for each of `concepts`. */
  value(probabilities: Float32Array, found: readonly FoundObject[]): Float32Array {
    const values = new Float32Array(this.concepts.length);
    values.set(fold(probabilities, this.#folded));
    let persons = 0;
    for (const { concept, value } of found) {
      const raises = this.#raises.get(concept.name) ?? [];
      const known = concept.name !== PERSON && (raises[0] ?? 0) < this.#folded.length;
      if (value < (known ? FROM_KNOWN : FROM)) continue;
      for (const place of raises) values[place] = Math.max(values[place] ?? 0, value);
      // Surest first: the second person makes people.
      if (concept.name === PERSON && ++persons === 2) values[this.#people] = value;
    }
    return values;
  }

  /** The concept itself and every word over all of its classes. */
  #above(place: number): number[] {
    const own = this.#folded[place]?.classes;
    if (!own) return [place];
    return this.#folded.flatMap(({ classes }, i) => {
      const held = new Set(classes);
      return own.every((index) => held.has(index)) ? [i] : [];
    });
  }
}
