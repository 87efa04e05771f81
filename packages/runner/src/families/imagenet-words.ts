import data from '../models/data/imagenet-words.json' with { type: 'json' };
import { conceptOf } from './concept-id.ts';
import type { Concept } from './types.ts';

/** The published map from ImageNet classes to words; made by tools/quality/everyday-words.ts. */
export const imagenetWords: {
  readonly classes: readonly {
    readonly id: string;
    readonly name: string;
    /** Its three nearest hypernyms. */
    readonly kinds: readonly string[];
  }[];
  readonly words: readonly {
    readonly word: string;
    readonly synsets: readonly string[];
    readonly classes: readonly number[];
  }[];
} = data;

/** A concept and the classes whose probabilities it sums. */
export interface FoldedConcept {
  readonly concept: Concept;
  readonly classes: readonly number[];
}

/** Everyday words first, then the class names; a name that both have is one concept. */
export function foldedConcepts(): readonly FoldedConcept[] {
  const members = new Map<string, Set<number>>();
  for (const { word, classes } of imagenetWords.words) members.set(word, new Set(classes));
  imagenetWords.classes.forEach(({ name }, index) => {
    members.set(name, (members.get(name) ?? new Set()).add(index));
  });
  return [...members].map(([name, classes]) => ({
    concept: conceptOf(name),
    classes: [...classes],
  }));
}

/** Sums class probabilities over each concept's classes. */
export function fold(
  probabilities: Float32Array,
  concepts: readonly FoldedConcept[],
): Float32Array {
  const values = new Float32Array(concepts.length);
  concepts.forEach(({ classes }, i) => {
    let sum = 0;
    for (const index of classes) sum += probabilities[index] ?? 0;
    values[i] = Math.min(1, sum);
  });
  return values;
}

/** The `count` everyday words over the most classes: the axes of a word space. */
export function broadestWords(count: number): readonly FoldedConcept[] {
  return imagenetWords.words
    .toSorted((a, b) => b.classes.length - a.classes.length)
    .slice(0, count)
    .map(({ word, classes }) => ({ concept: conceptOf(word), classes }));
}
