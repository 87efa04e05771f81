// Rows of embedded inputs, written as ingestion writes them but without its models: 100,000 photographs would take them
// half an hour. The platform makes its index from the rows.
import { type AppScope, grantApp } from '@limpid/domain/access/authority';
import { commitInputs } from '@limpid/server/flows/ingest/commit';
import { indexEmbeddings } from '@limpid/server/jobs';
import {
  connectionOfRunning,
  type Db,
  enqueue,
  foldersOf,
  openDb,
  silentLog,
  transaction,
} from '@limpid/store';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { addToDataset } from '@limpid/store/db/datasets';
import { claimInputs } from '@limpid/store/db/input-work';
import { inputStatus, insertInputs, type NewInput } from '@limpid/store/db/inputs';
import { findAppForScope } from '@limpid/store/db/scopes';
import { listBaseModels } from '@limpid/store/db/search-embeddings';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import type { BenchPlatform } from '../lib/platform.ts';
import { GROUPS, groupOf } from './data.ts';

const BATCH = 500;

export const inputId = (index: number): string => `photo-${index}`;

export function openHomeDb(home: string): Db {
  const connection = connectionOfRunning(foldersOf(home).pg);
  if (!connection) throw new Error(`no database runs in ${home}`);
  return openDb({ connection, log: silentLog, maxConnections: 3 });
}

/** An app with datasets, by the API; its base workflow embeds pictures. */
export async function makeApp({ rest, userId }: BenchPlatform, appId: string): Promise<void> {
  const base = { id: 'General', user_id: 'clarifai', app_id: 'main' };
  await rest('POST', `/v2/users/${userId}/apps`, { apps: [{ id: appId, default_workflow: base }] });
  const datasets = GROUPS.map((every) => ({ id: `of-${every}-0` }));
  await rest('POST', `/v2/users/${userId}/apps/${appId}/datasets`, { datasets });
}

interface Filling {
  readonly db: Db;
  readonly scope: AppScope;
  readonly space: bigint;
  readonly concepts: ReadonlyMap<string, bigint>;
  readonly datasets: ReadonlyMap<string, bigint>;
  readonly vectors: readonly Float32Array[];
}

/** Inputs with labels, metadata, datasets and embeddings, of which the index has not heard yet. */
export async function fill(
  db: Db,
  { userId }: BenchPlatform,
  appId: string,
  vectors: readonly Float32Array[],
): Promise<void> {
  const scope = await scopeOf(db, userId, appId);
  const [embedder] = (await listBaseModels(db, scope)).filter(({ modelTypeId }) =>
    /embedder/.test(modelTypeId),
  );
  if (!embedder) throw new Error('the base workflow embeds nothing: is LIMPID_MODELS core?');
  const names = GROUPS.flatMap((every) =>
    Array.from({ length: every }, (_, n) => `of-${every}-${n}`),
  );
  const concepts = await transaction(db, (tx) =>
    ensureConcepts(
      tx,
      scope,
      names.map((id) => ({ id, name: id })),
    ),
  );
  const found = await db
    .selectFrom('datasets')
    .select(['id', 'key'])
    .where('app_key', '=', scope.appKey)
    .execute();
  const datasets = new Map(found.map(({ id, key }) => [id, key]));
  const filling = { db, scope, space: embedder.space, concepts, datasets, vectors };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < vectors.length) {
      const from = next;
      next += BATCH;
      await addBatch(filling, from, Math.min(next, vectors.length));
    }
  };
  await Promise.all([lane(), lane()]);
  // As the database does by itself before long.
  await sql`analyze`.execute(db);
}

async function scopeOf(db: Db, userId: string, appId: string): Promise<AppScope> {
  const app = await findAppForScope(db, userId, appId);
  if (!app) throw new Error(`the app ${appId} is missing`);
  const { appKey, ownerKey: userKey, ownerId } = app;
  return grantApp({ appKey, appId, userKey, userId: ownerId, standing: 'owner' });
}

async function addBatch(filling: Filling, from: number, to: number): Promise<void> {
  const { db, scope, space, vectors } = filling;
  const indexes = Array.from({ length: to - from }, (_, n) => from + n);
  const keys = await transaction(db, async (tx) => {
    const made = await insertInputs(tx, scope, null, indexes.map(inputOf));
    const byIndex = new Map(indexes.map((index) => [index, made.get(inputId(index))?.key ?? 0n]));
    await insertAnnotations(
      tx,
      scope,
      indexes.map((index) => labelsOf(filling, index, byIndex.get(index) ?? 0n)),
    );
    for (const every of GROUPS) {
      const members = indexes.filter((index) => groupOf(index, every) === 0);
      const dataset = filling.datasets.get(`of-${every}-0`) ?? 0n;
      await addToDataset(
        tx,
        dataset,
        members.flatMap((index) => byIndex.get(index) ?? []),
      );
    }
    return byIndex;
  });
  const claims = await claimInputs(db, scope, [...keys.values()], 1);
  const finished = claims.map((claim) => {
    return { claim, statusCode: inputStatus.done, details: '', media: [], marks: [] };
  });
  const embeddings = [...keys].map(([index, inputKey]) => {
    return { inputKey, space, vector: vectors[index] ?? new Float32Array() };
  });
  await commitInputs(db, scope, finished, { annotations: [], embeddings, failures: [] });
}

function inputOf(index: number): NewInput {
  const metadata = Object.fromEntries(
    GROUPS.map((every) => [`of_${every}`, groupOf(index, every)]),
  );
  return {
    id: inputId(index),
    kind: 'image',
    body: JSON.stringify({ image: { url: `https://photos.example/${index}.jpg` } }),
    metadata: JSON.stringify({ ...metadata, taken: `2024-01-${1 + (index % 28)}` }),
    latitude: undefined,
    longitude: undefined,
    urlHash: undefined,
    media: [],
  };
}

function labelsOf({ scope, concepts }: Filling, index: number, inputKey: bigint) {
  const ids = GROUPS.map((every) => `of-${every}-${groupOf(index, every)}`);
  return {
    inputKey,
    id: `labels-${index}`,
    inputLevel: true,
    statusCode: StatusCode.ANNOTATION_SUCCESS,
    userKey: scope.userKey,
    body: JSON.stringify({ data: { concepts: ids.map((id) => ({ id, name: id, value: 1 })) } }),
    concepts: ids.map((id) => ({ conceptKey: concepts.get(id) ?? 0n, value: 1 })),
  };
}

/** As ingestion does after it added embeddings. */
export async function nudgeIndex(db: Db): Promise<void> {
  await transaction(db, (tx) => enqueue(tx, [indexEmbeddings.with({}, { key: 'now' })]));
}
