// Embeddings as a search reads them. The index outside answers for rows that it has; what it has not yet, or should have
// no more, stands here.
import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import { packKeys, unpackKeys, vectorOf } from './packed.ts';

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

export interface Space {
  /** The key of its model version. */
  readonly space: bigint;
  readonly versionId: string;
  readonly dimensions: number;
  /** Embeddings, of any app, whose rows are gone while the index may still answer with them. */
  readonly dead: BigUint64Array;
  /** The app's vectors that the index does not hold yet. */
  readonly waiting: readonly StoredVector[];
}

type SpaceRow = Omit<Space, 'dead' | 'waiting'> & { readonly dead: Buffer | null } & {
  [name in keyof StoredVector]: (name extends 'vector' ? Buffer : StoredVector[name]) | null;
};

/**
 * Every space in which the app has vectors, the newest first, as it is at one moment; of the vectors that wait for the
 * index the first so many. Spaces are few, so they are found by leaps.
 */
export async function readSpaces(db: Db, scope: AppScope, mostWaiting: number): Promise<Space[]> {
  const { rows } = await sql<SpaceRow>`
    with recursive spaces as (
      (select space from embeddings order by space limit 1)
      union all
      select (select e.space from embeddings e where e.space > spaces.space order by e.space limit 1)
      from spaces where spaces.space is not null
    )
    select s.space, v.id as "versionId", one.dimensions, w.key, w."inputKey", w.vector, w.kind,
           case when w.place is null or w.place = 1 then (
             select ${packKeys(sql`t.embedding`)} from vector_trash t where t.space = s.space) end as dead
    from spaces s
    join model_versions v on v.key = s.space
    join lateral (select octet_length(e.vector) / 4 as dimensions from embeddings e
                  where e.space = s.space and e.app_key = ${scope.appKey}::bigint limit 1) one on true
    left join lateral (
      select e.key, e.input_key as "inputKey", e.vector, ${kindOf()} as kind,
             row_number() over (order by e.key) as place
      from embeddings e join inputs i on i.key = e.input_key
      where e.space = s.space and e.app_key = ${scope.appKey}::bigint and not e.unfit and not e.indexed
      order by e.key limit ${mostWaiting}) w on true
    order by s.space desc, w.key`.execute(db);
  return spacesOf(rows);
}

/** Rows of one space follow each other: one for each vector that waits, or one without. */
function spacesOf(rows: readonly SpaceRow[]): Space[] {
  const spaces: (Space & { readonly waiting: StoredVector[] })[] = [];
  for (const { space, versionId, dimensions, dead, key, inputKey, kind, vector } of rows) {
    let last = spaces.at(-1);
    if (last?.space !== space) {
      last = { space, versionId, dimensions, dead: unpackKeys(dead), waiting: [] };
      spaces.push(last);
    }
    if (key !== null && inputKey !== null && kind !== null && vector !== null)
      last.waiting.push({ key, inputKey, kind, vector: vectorOf(vector) });
  }
  return spaces;
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
  readonly after: bigint;
  readonly limit: number;
}

/** The app's vectors in the order of their keys. */
export async function readVectors(
  db: Db,
  scope: AppScope,
  { space, after, limit }: VectorsRead,
): Promise<StoredVector[]> {
  const { rows } = await sql<Omit<StoredVector, 'vector'> & { vector: Buffer }>`
    select e.key, e.input_key as "inputKey", e.vector, ${kindOf()} as kind
    from embeddings e join inputs i on i.key = e.input_key
    where e.space = ${space}::bigint and e.app_key = ${scope.appKey}::bigint and e.key > ${after}::bigint
      and not e.unfit
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
