/**
 * Writes packages/runner/src/models/data/text-space.json: 64 clusters with two map axes over the
 * sentence vectors of WordNet definitions.
 *
 *   npx tsx tools/quality/text-space.ts --data DIR --models .cache/models
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MiniLm } from '../../packages/runner/src/families/minilm.ts';
import { weightPack } from '../../packages/runner/src/models/catalogue.ts';
import { pullPack } from '../../packages/runner/src/models/pull.ts';
import { clusterFile } from './k-means.ts';

const CLUSTERS = 64;
const TEXTS = 6_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, models: { type: 'string' } },
  });
  if (!values.data || !values.models) throw new Error('--data and --models are needed');
  const dir = await pullPack(weightPack('minilm-l6-v2'), { modelsDir: values.models });
  await using network = await MiniLm.open(dir, 2);
  const glosses = definitions(join(values.data, 'wordnet-base/usr/share/wordnet/data.noun'));
  const step = Math.floor(glosses.length / TEXTS);
  const texts = glosses.filter((_, i) => i % step === 0).slice(0, TEXTS);
  const vectors: Float32Array[] = [];
  for (const text of texts) vectors.push(await network.embed(text));
  const file = join(import.meta.dirname, '../../packages/runner/src/models/data/text-space.json');
  const space = { texts: vectors.length, clusters: clusterFile(vectors, CLUSTERS) };
  writeFileSync(file, `${JSON.stringify(space, undefined, 2)}\n`);
  console.log(`${vectors.length} definitions, ${CLUSTERS} clusters`);
}

function definitions(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => (line.split(' | ')[1] ?? '').split('; "')[0]?.trim() ?? '')
    .filter((gloss) => gloss.length > 20);
}

await main();
