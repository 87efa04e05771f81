// What in each input makes it a hit, read at once for all hits of a page.
import type { AppScope } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import type { AnnotationRow } from './annotation-queries.ts';
import type { Db } from './db.ts';
import { annotationCondition, type Filters } from './search-filters.ts';

export interface HitAsked {
  readonly inputKey: bigint;
  /** The annotation that was looked for, where that is known. */
  readonly annotationKey: bigint | null;
  /** The embedding that came nearest. */
  readonly embeddingKey: bigint | null;
  /** What stands for it where neither tells of a part. */
  readonly otherwise: bigint | null;
}

export interface HitPart {
  /** JSON of the region or frame that was embedded; null for the whole input. */
  readonly region: unknown;
  readonly annotation: AnnotationRow | undefined;
}

type Row = AnnotationRow & { readonly place: number; readonly part: unknown };

/**
 * For each hit its annotation: the one looked for, else that of the embedded part, else the first that the filter
 * speaks of, or without a filter that of the whole input. In the order of the hits.
 */
export async function readHitParts(
  db: Db,
  scope: AppScope,
  filter: Filters[number] | undefined,
  hits: readonly HitAsked[],
): Promise<HitPart[]> {
  if (hits.length === 0) return [];
  const column = (name: keyof HitAsked) => sql`${hits.map((hit) => hit[name])}::bigint[]`;
  const app = sql`${scope.appKey}::bigint`;
  const wanted = filter ? annotationCondition(scope, [filter]) : sql`n.input_level`;
  const { rows } = await sql<Row>`
    select n.*, i.id as input_id, u.id as user_id, v.id as model_version_id,
           hit.place::integer, e.region as part
    from unnest(${column('inputKey')}, ${column('annotationKey')}, ${column('embeddingKey')}, ${column('otherwise')})
      with ordinality as hit (input_key, annotation_key, embedding_key, otherwise, place)
    left join embeddings e on e.key = hit.embedding_key and e.app_key = ${app}
    left join lateral (
      select n.key from annotations n join inputs i on i.key = n.input_key
      where coalesce(hit.annotation_key, e.annotation_key, hit.otherwise) is null and e.region is null
        and n.input_key = hit.input_key and n.app_key = ${app} and ${wanted}
      order by n.key limit 1) first on true
    left join annotations n on n.app_key = ${app} and n.key = coalesce(hit.annotation_key, e.annotation_key,
      case when e.region is null then coalesce(hit.otherwise, first.key) end)
    left join inputs i on i.key = n.input_key
    left join users u on u.key = n.user_key
    left join model_versions v on v.key = n.model_version
    order by hit.place`.execute(db);
  return rows.map(({ place, part, ...row }) => {
    return { region: part, annotation: row.key === null ? undefined : row };
  });
}
