// Embeddings as a search reads them. The index outside answers for rows that it has; what it has not yet, or should have
// no more, stands here.
import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import { vectorOf } from './packed.ts';

export interface Embedder {
  /** The model version, and with it the space of its vectors. */
  readonly space: bigint;
  readonly modelTypeId: string;
}

/** The model versions that the app's base workflow runs, in their order. */
export async function listBaseModels(db: Db, scope: AppScope): Promise<Embedder[]> {
  const { rows } = await sql<Embedder>`
    select mv.key as space, m.model_type_id as "modelTypeId"
    from apps a
    join lateral (select key from workflow_versions v where v.workflow_key = a.default_workflow
                  and v.deleted_at is null order by key desc limit 1) v on true
    join workflow_nodes wn on wn.version_key = v.key
    join model_versions mv on mv.key = wn.model_version and mv.deleted_at is null
    join models m on m.key = mv.model_key and m.deleted_at is null
    where a.key = ${scope.appKey}::bigint
    order by wn.ordinal`.execute(db);
  return rows;
}

/** Every space in which the app has vectors, the newest first. Spaces are few, so they are found by leaps. */
export async function listSpaces(
  db: Db,
  scope: AppScope,
): Promise<{ space: bigint; versionId: string; dimensions: number }[]> {
  const { rows } = await sql<{ space: bigint; versionId: string; dimensions: number }>`
    with recursive spaces as (
      (select space from embeddings order by space limit 1)
      union all
      select (select e.space from embeddings e where e.space > spaces.space order by e.space limit 1)
      from spaces where spaces.space is not null
    )
    select s.space, v.id as "versionId", one.dimensions
    from spaces s
    join model_versions v on v.key = s.space
    join lateral (select octet_length(e.vector) / 4 as dimensions from embeddings e
                  where e.space = s.space and e.app_key = ${scope.appKey}::bigint limit 1) one on true
    order by s.space desc`.execute(db);
  return rows;
}

/** The vectors of one input in a space: of the whole, or of its regions and frames. */
export async function vectorsOfInput(
  db: Db,
  scope: AppScope,
  space: bigint,
  inputKey: bigint,
): Promise<Float32Array[]> {
  const { rows } = await sql<{ vector: Buffer }>`
    select vector from embeddings
    where input_key = ${inputKey}::bigint and app_key = ${scope.appKey}::bigint and space = ${space}::bigint
    order by key`.execute(db);
  return rows.map((row) => vectorOf(row.vector));
}

/** Vectors of inputs in which people saw one of the concepts, the latest first. */
export async function vectorsOfConcepts(
  db: Db,
  scope: AppScope,
  space: bigint,
  concepts: readonly bigint[],
  limit: number,
): Promise<Float32Array[]> {
  const { rows } = await sql<{ vector: Buffer }>`
    select vector from embeddings
    where space = ${space}::bigint and app_key = ${scope.appKey}::bigint and input_key in (
      select ac.input_key from annotation_concepts ac join annotations n on n.key = ac.annotation_key
      where ac.app_key = ${scope.appKey}::bigint and ac.concept_key = any(${[...concepts]}::bigint[])
        and ac.value >= 0.5 and n.user_key is not null)
    order by key desc limit ${limit}`.execute(db);
  return rows.map((row) => vectorOf(row.vector));
}

export interface StoredVector {
  readonly key: bigint;
  readonly inputKey: bigint;
  readonly kind: number;
  readonly vector: Float32Array;
}

/** Bits of `VectorDoc.kind`: the media of the input, and whether a part of it was embedded. */
export const kindBits = { image: 1, video: 2, text: 4, audio: 8, part: 16 } as const;
export const allKinds = 32;

/** The kind of an embedding `e` of an input `i`. Neither changes while the embedding lives. */
export function kindOf(): RawBuilder<number> {
  const has = (kind: keyof typeof kindBits) =>
    sql`case when i.kind = ${kind}::text or (i.kind = 'mixed' and i.body ? ${kind}::text)
        then ${kindBits[kind]}::integer else 0 end`;
  return sql<number>`(${has('image')} + ${has('video')} + ${has('text')} + ${has('audio')}
    + case when e.region is null then 0 else ${kindBits.part}::integer end)`;
}

export interface VectorsRead {
  readonly space: bigint;
  /** Only rows that the index does not hold yet. */
  readonly unindexed: boolean;
  readonly after: bigint;
  readonly limit: number;
}

/** The app's vectors in the order of their keys. */
export async function readVectors(
  db: Db,
  scope: AppScope,
  { space, unindexed, after, limit }: VectorsRead,
): Promise<StoredVector[]> {
  const { rows } = await sql<Omit<StoredVector, 'vector'> & { vector: Buffer }>`
    select e.key, e.input_key as "inputKey", e.vector, ${kindOf()} as kind
    from embeddings e join inputs i on i.key = e.input_key
    where e.space = ${space}::bigint and e.app_key = ${scope.appKey}::bigint and e.key > ${after}::bigint
      and not e.unfit ${unindexed ? sql`and not e.indexed` : sql``}
    order by e.key limit ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, vector: vectorOf(row.vector) }));
}

/** Whether the app has more vectors in the space than so many. */
export async function hasMoreVectors(
  db: Db,
  scope: AppScope,
  space: bigint,
  than: number,
): Promise<boolean> {
  const { rows } = await sql<{ more: boolean }>`
    select exists (select 1 from embeddings where space = ${space}::bigint and app_key = ${scope.appKey}::bigint
                   offset ${than}) as more`.execute(db);
  return rows[0]?.more ?? false;
}

/** Embeddings whose rows are gone while the index may still answer with them. */
export async function listDeadVectors(db: Db, space: bigint): Promise<bigint[]> {
  const { rows } = await sql<{ embedding: bigint }>`
    select embedding from vector_trash where space = ${space}::bigint`.execute(db);
  return rows.map((row) => row.embedding);
}

export interface EmbeddedPart {
  readonly key: bigint;
  readonly inputKey: bigint;
  readonly annotationKey: bigint | null;
  /** JSON of the region or frame that was embedded; null for the whole input. */
  readonly region: unknown;
}

/** What these embeddings are of. */
export async function getEmbeddedParts(
  db: Db,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<Map<bigint, EmbeddedPart>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<EmbeddedPart>`
    select key, input_key as "inputKey", annotation_key as "annotationKey", region from embeddings
    where key = any(${[...keys]}::bigint[]) and app_key = ${scope.appKey}::bigint`.execute(db);
  return new Map(rows.map((row) => [row.key, row]));
}
