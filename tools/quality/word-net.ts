import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DefinitionPair {
  readonly word: string;
  readonly meaning: string;
}

/** Nouns evenly over WordNet whose definition does not use the word itself. */
export function definitionPairs(data: string, count: number): DefinitionPair[] {
  const path = join(data, 'wordnet-base/usr/share/wordnet/data.noun');
  const pairs = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => ({
      word: (line.split(' ')[4] ?? '').replaceAll('_', ' ').toLowerCase(),
      meaning: (line.split(' | ')[1] ?? '').split('; "')[0]?.trim() ?? '',
    }))
    .filter(
      ({ word, meaning }) =>
        /^[a-z]{4,}$/.test(word) && meaning.length > 30 && !meaning.includes(word),
    );
  const step = Math.floor(pairs.length / count);
  return pairs.filter((_, i) => i % step === 0).slice(0, count);
}
