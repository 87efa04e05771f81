import { isDeepStrictEqual } from 'node:util';
import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import type { Tx } from '@limpid/store';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { writeDoc } from '@limpid/store/db/doc';
import {
  getVocabulary,
  insertModelVersion,
  lockModelVersions,
  setVocabulary,
  updateModelVersion,
} from '@limpid/store/db/model-versions';
import {
  getModels,
  insertModel,
  lockModel,
  setModelAliases,
  updateModel,
} from '@limpid/store/db/models';
import {
  create,
  LicenseType,
  Model_Source,
  ModelSchema,
  ModelVersionSchema,
  OutputInfoSchema,
  StatusCode,
} from '@limpid/wire';
import type { SeedModel } from './types.ts';

/** Brings one model to what the catalogue says of it and returns the keys of its versions by id. */
export async function seedModel(
  tx: Tx,
  scope: AppScope,
  seed: SeedModel,
  now: Date,
): Promise<Map<string, bigint>> {
  const key = await ensureModel(tx, scope, seed);
  await setModelAliases(tx, scope, key, seed.aliases);
  const concepts = await ensureConcepts(tx, scope, seed.concepts);
  const vocabulary = seed.concepts.flatMap(({ id }) => concepts.get(id) ?? []);
  const versions = new Map<string, bigint>();
  // Oldest first: the newest version is the one that was added last.
  for (const id of seed.versions.toReversed()) {
    const version = await ensureVersion(tx, key, id, seed, now);
    await ensureVocabulary(tx, version, vocabulary);
    versions.set(id, version);
  }
  return versions;
}

async function ensureModel(tx: Tx, scope: AppScope, seed: SeedModel): Promise<bigint> {
  const fields = { name: seed.id, visibility: PUBLIC, body: modelBody(seed) };
  const known = await lockModel(tx, scope, seed.id);
  if (known === undefined) {
    const { id, modelTypeId, featuredOrder } = seed;
    const model = { id, modelTypeId, ...fields, ...(featuredOrder && { featuredOrder }) };
    const made = await insertModel(tx, scope, model);
    if (made === undefined) throw new Error(`model ${seed.id} could not be made`);
    return made;
  }
  const [row] = await getModels(tx, [known]);
  const featuredOrder = seed.featuredOrder ?? null;
  const same =
    row?.name === fields.name &&
    row.visibility === fields.visibility &&
    row.featured_order === featuredOrder &&
    isDeepStrictEqual(row.body, JSON.parse(fields.body));
  if (!same) await updateModel(tx, known, { ...fields, featuredOrder });
  return known;
}

function modelBody(seed: SeedModel): string {
  const model = create(ModelSchema, {
    displayName: seed.title,
    description: seed.description,
    notes: seed.notes,
    metadata: seed.metadata,
    useCases: [...seed.useCases],
    creator: seed.creator,
    licenseType: LicenseType.OPEN_SOURCE,
    source: Model_Source.HOSTED,
  });
  return writeDoc(ModelSchema, model);
}

async function ensureVersion(
  tx: Tx,
  model: bigint,
  id: string,
  seed: SeedModel,
  now: Date,
): Promise<bigint> {
  const body = versionBody(seed);
  const [row] = await lockModelVersions(tx, model, [id]);
  if (row) {
    const same = row.visibility === PUBLIC && isDeepStrictEqual(row.body, JSON.parse(body));
    if (!same) await updateModelVersion(tx, row.key, { visibility: PUBLIC, body });
    return row.key;
  }
  const made = await insertModelVersion(tx, model, {
    id,
    statusCode: StatusCode.MODEL_TRAINED,
    visibility: PUBLIC,
    body,
    completedAt: now,
  });
  if (made === undefined) throw new Error(`version ${id} of ${seed.id} could not be made`);
  return made;
}

function versionBody(seed: SeedModel): string {
  const version = create(ModelVersionSchema, {
    license: seed.license,
    activeConceptCount: seed.concepts.length,
    outputInfo: create(OutputInfoSchema),
  });
  return writeDoc(ModelVersionSchema, version);
}

async function ensureVocabulary(
  tx: Tx,
  version: bigint,
  concepts: readonly bigint[],
): Promise<void> {
  const known = (await getVocabulary(tx, version)).map(({ key }) => key);
  if (isDeepStrictEqual(known, concepts)) return;
  await setVocabulary(
    tx,
    version,
    concepts.map((conceptKey) => ({ conceptKey, value: null })),
  );
}
