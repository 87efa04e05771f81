// Sample pictures: some from Python packages, fetched once by the ordinary client, the rest from this repository.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { capture, root } from '../shell.mjs';

const cache = path.join(root, '.cache/demo');
const ours = path.join(root, 'packages/runner/src/media/samples');

/** Nothing of a package is installed or run: the pictures are read out of its wheel. */
const packages = [
  {
    pin: 'scikit-image==0.25.2',
    folder: 'skimage/data',
    pictures: [
      ['astronaut.png', 'Eileen Collins', 'NASA, public domain'],
      ['chelsea.png', 'Chelsea the cat', 'Stefan van der Walt, CC0'],
      ['coffee.png', 'Cup of coffee', 'Rachel Michetti, CC0'],
      ['rocket.jpg', 'Falcon 9', 'SpaceX, public domain'],
      ['camera.png', 'Cameraman', 'Lav Varshney, CC0'],
      ['horse.png', 'Horse', 'Andreas Preuss, CC0'],
    ],
  },
  {
    pin: 'scikit-learn==1.7.2',
    folder: 'sklearn/datasets/images',
    pictures: [
      ['china.jpg', 'Summer Palace, China', 'danielbuechele, CC BY 2.0'],
      ['flower.jpg', 'Flower', 'vultilion, CC BY 2.0'],
    ],
  },
];
const own = [
  ['dog.jpg', 'German shepherd', 'Hans Kemperman, public domain'],
  ['chicken.jpg', 'Chickens', 'Tranquilles, public domain'],
  ['sheep.jpg', 'Sheep', 'Rob Mitchell, CC0'],
];

/** A picture that is never uploaded: it is searched with. */
export const stranger = picture(ours, ['duck.jpg', 'Aylesbury duck', 'Bernard Spragg, CC0']);

export async function obtainSamples(say) {
  const found = [];
  for (const wanted of packages) {
    const folder = path.join(cache, wanted.pin);
    if (!isWhole(folder, wanted)) {
      say(`fetching ${wanted.pin} with pip, for ${wanted.pictures.length} pictures in it`);
      const problem = await fetchPictures(wanted, folder);
      if (problem) {
        say(`it could not be had, going on without: ${problem}`);
        continue;
      }
    }
    found.push(...wanted.pictures.map((about) => picture(folder, about)));
  }
  return [...found, ...own.map((about) => picture(ours, about))];
}

function picture(folder, [file, title, credit]) {
  const id = file.replace(/\.[^.]+$/, '').replaceAll('_', '-');
  return { id, title, credit, read: () => readFileSync(path.join(folder, file)) };
}

function isWhole(folder, { pictures }) {
  return pictures.every(([file]) => existsSync(path.join(folder, file)));
}

/** What went wrong, in words; nothing when all pictures are there. */
async function fetchPictures(wanted, folder) {
  const wheels = `${folder}.wheels`;
  mkdirSync(wheels, { recursive: true });
  try {
    // The pictures are the same in the wheel for any machine: one is named, so that it need not fit this one.
    const fetched = await capture('python3', [
      ...['-m', 'pip', 'download', wanted.pin, '--no-deps', '--dest', wheels],
      '--only-binary=:all:',
      '--platform=manylinux2014_x86_64',
      '--python-version=3.12',
      '--disable-pip-version-check',
      '--quiet',
    ]);
    if (fetched.code !== 0) return fetched.output.trim().split('\n').at(-1);
    const [wheel] = readdirSync(wheels);
    const members = wanted.pictures.map(([file]) => `${wanted.folder}/${file}`);
    const unpacked = await capture('python3', [
      '-c',
      UNPACK,
      path.join(wheels, wheel),
      folder,
      ...members,
    ]);
    if (unpacked.code !== 0) return unpacked.output.trim().split('\n').at(-1);
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    rmSync(wheels, { recursive: true, force: true });
  }
}

const UNPACK = `
import pathlib, sys, zipfile
wheel, folder, *members = sys.argv[1:]
pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(wheel) as archive:
    for member in members:
        (pathlib.Path(folder) / pathlib.PurePosixPath(member).name).write_bytes(archive.read(member))
`;
