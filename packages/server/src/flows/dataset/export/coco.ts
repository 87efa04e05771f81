// COCO: the images of a version, what is in them (`instances`), and what they show as a whole (`labels`). Media of other
// kinds, and concepts that something does not show, have no place in it.
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { type CocoShape, cocoShape, MaskRuns, type Size } from '@limpid/domain/dataset/coco';
import type { Concept, Region } from '@limpid/wire';
import type { Deps } from '../../../deps.ts';
import type { ZipEntry } from '../../archive/write-zip.ts';
import { type ExportSource, type SnapshotItem, snapshotBatches } from './snapshot-inputs.ts';

const POSITIVE = 0.5;

export async function* cocoEntries(source: ExportSource): AsyncGenerator<ZipEntry> {
  yield { name: 'annotations/instances_all.json', data: document(source, instancesOf) };
  yield { name: 'annotations/labels_all.json', data: document(source, labelsOf) };
}

interface Picture extends SnapshotItem {
  readonly size: Size;
}

/** What is said of a picture: a concept, and where. */
interface Said extends Partial<CocoShape> {
  readonly concept: Concept;
}

type Read = (deps: Deps, picture: Picture) => Promise<Said[]>;

/** Written as it is read, in two passes: a dataset need not fit into memory. */
async function* document(source: ExportSource, read: Read): AsyncGenerator<Uint8Array> {
  const categories = new Map<string, { id: number; name: string; supercategory: string }>();
  const info = { description: 'dataset version', version: String(source.version) };
  yield Buffer.from(`{"info":${JSON.stringify(info)},"licenses":[],"images":[`);
  yield* listed(source, async (picture) => [imageOf(picture)]);
  yield Buffer.from('],"annotations":[');
  let id = 0;
  yield* listed(source, async (picture) =>
    (await read(source.deps, picture)).map(({ concept, ...shape }) => {
      const known = categories.get(concept.id);
      const { name } = concept;
      const category = known ?? { id: categories.size + 1, name, supercategory: '' };
      categories.set(concept.id, category);
      id += 1;
      return { id, image_id: Number(picture.ordinal), category_id: category.id, ...shape };
    }),
  );
  yield Buffer.from(`],"categories":${JSON.stringify([...categories.values()])}}`);
}

/** Elements of a JSON list, with the commas between them. */
async function* listed(
  source: ExportSource,
  elementsOf: (picture: Picture) => Promise<object[]>,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const items of snapshotBatches(source)) {
    for (const item of items) {
      const picture = pictureOf(item);
      for (const element of picture ? await elementsOf(picture) : []) {
        yield Buffer.from(`${isFirst ? '' : ','}${JSON.stringify(element)}`);
        isFirst = false;
      }
    }
  }
}

function pictureOf(item: SnapshotItem): Picture | undefined {
  const entry = item.media.find(({ kind }) => kind === 'image');
  // One that could not be read has no size.
  if (!entry?.width || !entry.height) return undefined;
  return { ...item, size: { width: entry.width, height: entry.height } };
}

function imageOf({ ordinal, input, size }: Picture): object {
  const { hosted, imageInfo } = input.data?.image ?? {};
  return {
    id: Number(ordinal),
    ...size,
    // As the official client names the file when it fetches a dataset.
    file_name: `${input.id}.${(imageInfo?.format || 'png').toLowerCase()}`,
    coco_url: hosted ? `${hosted.prefix}/orig/${hosted.suffix}` : '',
    date_captured: '',
    license: 0,
  };
}

async function instancesOf(deps: Deps, { input, size }: Picture): Promise<Said[]> {
  const found: Said[] = [];
  for (const region of input.data?.regions ?? []) {
    const concepts = positive(region.data?.concepts ?? []);
    const shape = concepts.length > 0 ? await shapeOf(deps, region, size) : undefined;
    if (shape) found.push(...concepts.map((concept) => ({ concept, ...shape })));
  }
  return found;
}

async function labelsOf(_deps: Deps, { input }: Picture): Promise<Said[]> {
  return positive(input.data?.concepts ?? []).map((concept) => ({ concept }));
}

function positive(concepts: readonly Concept[]): Concept[] {
  return concepts.filter(({ value }) => value >= POSITIVE);
}

async function shapeOf(
  { media }: Deps,
  { regionInfo: info }: Region,
  size: Size,
): Promise<CocoShape | undefined> {
  const mask = info?.mask?.image?.base64;
  const pixels = mask?.length ? await media.readMask(Buffer.from(mask), size) : undefined;
  const masked = pixels && (await maskShape(pixels, size));
  return masked ?? (info && cocoShape(info, size));
}

const pixelsAtOnce = 1_000_000;

async function maskShape(pixels: Uint8Array, size: Size): Promise<CocoShape | undefined> {
  const runs = new MaskRuns(size);
  const columnsAtOnce = Math.ceil(pixelsAtOnce / size.height);
  for (let x = 0; x < size.width; x += 1) {
    runs.addColumn(pixels, x);
    if (x % columnsAtOnce === columnsAtOnce - 1) await letOthersIn();
  }
  return runs.finish();
}
