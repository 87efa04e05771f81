import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { readRcc } from './rcc.ts';

/** A picture of the measuring collection. */
export interface Picture {
  readonly name: string;
  readonly bytes: Buffer;
  /** What kind of thing it shows; pictures of one label are alike. */
  readonly label: string;
  /** An everyday word of the classifier that must apply, where there is one. */
  readonly word?: string;
  /** What it shows, in English. */
  readonly caption?: string;
}

type Folder = readonly [path: string, label: string, word?: string];

const stampFolders: readonly Folder[] = [
  ['animals/birds', 'bird', 'bird'],
  ['animals/fish', 'fish', 'fish'],
  ['animals/insects', 'insect', 'insect'],
  ['animals/mammals', 'mammal', 'mammal'],
  ['animals/mammals/apes', 'apes', 'mammal'],
  ['animals/mammals/aquatic', 'sea mammal', 'mammal'],
  ['animals/mammals/bears', 'bear', 'mammal'],
  ['animals/mammals/bovines', 'cattle', 'mammal'],
  ['animals/mammals/camel', 'camel', 'mammal'],
  ['animals/mammals/cats', 'cat', 'mammal'],
  ['animals/mammals/deer', 'deer', 'mammal'],
  ['animals/mammals/dogs', 'dog', 'mammal'],
  ['animals/mammals/equines', 'horse', 'mammal'],
  ['animals/mammals/rodents', 'rodent', 'mammal'],
  ['animals/marsupials', 'marsupial', 'mammal'],
  ['food/fruit', 'fruit', 'food'],
  ['food/vegetables', 'vegetable', 'food'],
  ['plants/flowers', 'flower', 'flower'],
  ['plants/mushrooms', 'mushroom', 'mushroom'],
  ['plants/trees', 'tree'],
  ['hobbies/music/percussion', 'music', 'musical instrument'],
  ['hobbies/music/string', 'music', 'musical instrument'],
  ['hobbies/music/wind', 'music', 'musical instrument'],
  ['hobbies/music/brass', 'music', 'musical instrument'],
  ['household/tools', 'tool', 'tool'],
  ['vehicles', 'vehicle', 'vehicle'],
  ['vehicles/auto', 'vehicle', 'vehicle'],
  ['vehicles/construction', 'vehicle', 'vehicle'],
  ['vehicles/cycle', 'vehicle', 'vehicle'],
  ['vehicles/emergency', 'vehicle', 'vehicle'],
  ['vehicles/flight', 'vehicle', 'vehicle'],
  ['vehicles/flight/planes', 'vehicle', 'vehicle'],
  ['vehicles/masstransit', 'vehicle', 'vehicle'],
  ['vehicles/race', 'vehicle', 'vehicle'],
  ['vehicles/ship', 'vehicle', 'vehicle'],
  ['clothes', 'clothes', 'clothing'],
  ['clothes/hats', 'clothes', 'clothing'],
  ['space/planets', 'planet'],
  ['town/roadsigns', 'road sign'],
  ['sports', 'sport'],
  ['symbols/money/us/coins', 'coin'],
  ['symbols/money/euro/coins', 'coin'],
  ['symbols/money/canadian/coins', 'coin'],
];

const birds =
  'gosling heron kingfisher northern_harrier penguin spoonbills swans toucan chicken duck owl scarlet_macaw';
const insects = 'bee butterfly caterpillar';
const reptiles = 'chamaeleon chameleon crocodile dragon';

/** Labelled photographs and drawings of Tux Paint and GCompris, unpacked by fetch-data.sh. */
export function labelledPictures(dir: string): Picture[] {
  return [...stamps(dir), ...lessons(dir)];
}

/** Every picture of Open Clip Art that is small enough to be a single subject. */
export function clipArt(dir: string): string[] {
  const root = join(dir, 'openclipart-png/usr/share/openclipart/png');
  return walk(root).filter((file) => file.endsWith('.png') && readFileSync(file).length < 300_000);
}

function stamps(dir: string): Picture[] {
  const root = join(dir, 'tuxpaint-stamps-default/usr/share/tuxpaint/stamps');
  return stampFolders.flatMap(([path, label, word]) =>
    readdirSync(join(root, path))
      .filter((name) => name.endsWith('.png'))
      .sort()
      .map((name) => {
        const file = join(root, path, name);
        return {
          name: relative(root, file),
          bytes: readFileSync(file),
          label,
          ...(word ? { word } : {}),
          ...captionOf(file.replace(/png$/, 'txt')),
        };
      }),
  );
}

function captionOf(file: string): { caption?: string } {
  const caption = existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0]?.trim() : undefined;
  return caption ? { caption } : {};
}

/** GCompris names a picture by what it shows. */
function lessons(dir: string): Picture[] {
  const root = join(dir, 'gcompris-qt-data/usr/share/gcompris-qt/rcc');
  const pictures: Picture[] = [];
  for (const file of ['erase', 'explore_farm_animals', 'explore_world_animals', 'categorization']) {
    for (const [path, bytes] of readRcc(readFileSync(join(root, `${file}.rcc`)))) {
      if (!path.endsWith('.webp')) continue;
      const known = file === 'categorization' ? thing(path) : animal(basename(path, '.webp'));
      if (known) pictures.push({ name: path, bytes, ...known });
    }
  }
  return pictures;
}

function animal(name: string): Omit<Picture, 'name' | 'bytes'> | undefined {
  const caption = name.replaceAll('_', ' ');
  if (birds.split(' ').includes(name)) return { label: 'bird', word: 'bird', caption };
  if (insects.split(' ').includes(name)) return { label: 'insect', word: 'insect', caption };
  if (reptiles.split(' ').includes(name)) return { label: 'other', word: 'reptile', caption };
  if (name === 'crab') return { label: 'other', word: 'crab', caption };
  return { label: 'mammal', word: 'mammal', caption };
}

function thing(path: string): Omit<Picture, 'name' | 'bytes'> | undefined {
  const name = basename(path, '.webp').replace(/\d+$/, '');
  const caption = name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  const folder = basename(dirname(path));
  if (folder === 'fishes') return { label: 'fish', word: 'fish', caption };
  if (folder === 'tools') return { label: 'tool', word: 'tool', caption };
  if (folder === 'monuments') return { label: 'monument', caption };
  if (folder === 'renewable' && /^(windmill|solar|dam)$/.test(name))
    return { label: name, caption };
  return undefined;
}

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? walk(join(dir, entry.name)) : [join(dir, entry.name)],
    );
}
