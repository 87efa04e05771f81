// Embeddings as a search reads them. The index outside answers for rows that it has; what it has not yet, or should have
// no more, stands here.
import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import { packKeys, unpackKeys, vectorOf } from './packed.ts';
import { readBinary } from './read-binary.ts';

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
  /** The app's embeddings that the index does not hold yet; none where they are too many. */
  readonly waiting: BigUint64Array;
}

/**
 * Every space in which the app has vectors, the newest first, as it is at one moment. Spaces are few, so they are found
 * by leaps.
 */
export async function readSpaces(db: Db, scope: AppScope, mostWaiting: number): Promise<Space[]> {
  type Row = Omit<Space, 'dead' | 'waiting'> & { dead: Buffer | null; waiting: Buffer | null };
  const { rows } = await sql<Row>`
    with recursive spaces as (
      (select space from embeddings order by space limit 1)
      union all
      select (select e.space from embeddings e where e.space > spaces.space order by e.space limit 1)
      from spaces where spaces.space is not null
    )
    select s.space, v.id as "versionId", one.dimensions,
           (select ${packKeys(sql`t.embedding`)} from vector_trash t where t.space = s.space) as dead,
           (select ${packKeys(sql`w.key`)} from (
              select e.key from embeddings e
              where e.space = s.space and e.app_key = ${scope.appKey}::bigint and not e.unfit and not e.indexed
              limit ${mostWaiting + 1}) w) as waiting
    from spaces s
    join model_versions v on v.key = s.space
    join lateral (select octet_length(e.vector) / 4 as dimensions from embeddings e
                  where e.space = s.space and e.app_key = ${scope.appKey}::bigint limit 1) one on true
    order by s.space desc`.execute(db);
  return rows.map((row) => {
    const waiting = unpackKeys(row.waiting);
    const isMass = waiting.length > mostWaiting;
    return {
      ...row,
      dead: unpackKeys(row.dead),
      waiting: isMass ? waiting.subarray(0, 0) : waiting,
    };
  });
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
    sql`case when i.kind = ${sql.lit(kind)} or (i.kind = 'mixed' and i.body ? ${sql.lit(kind)})
        then ${sql.lit(kindBits[kind])} else 0 end`;
  return sql<number>`(${has('image')} + ${has('video')} + ${has('text')} + ${has('audio')}
    + case when e.region is null then 0 else ${sql.lit(kindBits.part)} end)`;
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
  return await selectVectors(
    db,
    sql`e.space = ${sql.lit(space)} and e.app_key = ${sql.lit(scope.appKey)} and e.key > ${sql.lit(after)}
      and not e.unfit order by e.key limit ${sql.lit(limit)}`,
  );
}

/** In no order; absent ones are left out. */
export async function getVectors(
  db: Db,
  scope: AppScope,
  keys: BigUint64Array,
): Promise<StoredVector[]> {
  if (keys.length === 0) return [];
  const list = sql.join([...keys].map((key) => sql.lit(key)));
  return await selectVectors(db, sql`e.key in (${list}) and e.app_key = ${sql.lit(scope.appKey)}`);
}

async function selectVectors(db: Db, which: RawBuilder<unknown>): Promise<StoredVector[]> {
  const found: StoredVector[] = [];
  const query = sql`
    select e.key, e.input_key, ${kindOf()}, e.vector
    from embeddings e join inputs i on i.key = e.input_key where ${which}`;
  await readBinary(db, query, ([key, input, kind, vector]) => {
    if (!key || !input || !kind || !vector) return;
    found.push({
      key: key.readBigInt64BE(),
      inputKey: input.readBigInt64BE(),
      kind: kind.readInt32BE(),
      vector: vectorOf(vector),
    });
  });
  return found;
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
