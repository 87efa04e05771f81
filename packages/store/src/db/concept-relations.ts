import type { AppScope } from '@limpid/domain/access/authority';
import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { Window } from './page.ts';

export type Predicate = 'hyponym' | 'hypernym' | 'synonym';

/** An edge as it reads from its subject. */
export interface RelationRow {
  readonly id: string;
  readonly subject_id: string;
  readonly subject_name: string;
  readonly object_id: string;
  readonly object_name: string;
  readonly predicate: Predicate;
  readonly knowledge_graph_id: string;
  readonly visibility: number;
}

export interface NewRelation {
  readonly id: string;
  readonly subject: bigint;
  readonly object: bigint;
  readonly predicate: Predicate;
  readonly knowledgeGraphId: string;
}

/** Adds edges; an edge that exists already, seen from either end, is left as it is. */
export async function insertRelations(
  tx: Tx,
  scope: AppScope,
  relations: readonly NewRelation[],
): Promise<void> {
  for (const relation of relations) {
    const { subject, object, predicate } = stored(relation);
    await sql`
      insert into concept_relations (app_key, id, subject_key, object_key, predicate, knowledge_graph_id)
      select ${scope.appKey}, ${relation.id}, ${subject}, ${object}, ${predicate}, ${relation.knowledgeGraphId}
      where not exists (
        select 1 from concept_relations r
        where r.predicate = 'synonym' and ${predicate} = 'synonym'
          and r.subject_key = ${object} and r.object_key = ${subject}
          and r.knowledge_graph_id = ${relation.knowledgeGraphId})
      on conflict do nothing`.execute(tx);
  }
}

/** A hypernym is kept as the hyponym seen from the other end. */
function stored(relation: NewRelation) {
  const { subject, object, predicate } = relation;
  if (predicate !== 'hypernym') return { subject, object, predicate };
  return { subject: object, object: subject, predicate: 'hyponym' as const };
}

export interface RelationFilter {
  /** Edges of this concept, read from its side. Without it each edge is returned once, as it is kept. */
  readonly concept?: bigint;
  readonly predicate?: Predicate;
  readonly knowledgeGraphId?: string;
}

/** Edges in the order they were made. */
export async function listRelations(
  db: Db | Tx,
  scope: AppScope,
  filter: RelationFilter,
  window: Window,
): Promise<RelationRow[]> {
  const { concept, predicate, knowledgeGraphId } = filter;
  const turned =
    concept === undefined ? sql`${predicate ?? ''} = 'hypernym'` : sql`r.object_key = ${concept}`;
  const { rows } = await sql<RelationRow>`
    select e.id, s.id as subject_id, s.name as subject_name, o.id as object_id, o.name as object_name,
           e.predicate, e.knowledge_graph_id, e.visibility
    from (
      select r.key, r.id, r.knowledge_graph_id, r.visibility,
             case when ${turned} then r.object_key else r.subject_key end as subject_key,
             case when ${turned} then r.subject_key else r.object_key end as object_key,
             case when r.predicate = 'hyponym' and (${turned}) then 'hypernym' else r.predicate end as predicate
      from concept_relations r
      where r.app_key = ${scope.appKey} and ${touches(concept)}
        and (${knowledgeGraphId ?? null}::text is null or r.knowledge_graph_id = ${knowledgeGraphId ?? null})
    ) e
    join concepts s on s.key = e.subject_key
    join concepts o on o.key = e.object_key
    where (${predicate ?? null}::text is null or e.predicate = ${predicate ?? null})
    order by e.key limit ${window.limit} offset ${window.offset}`.execute(db);
  return rows;
}

function touches(concept: bigint | undefined) {
  if (concept === undefined) return sql<SqlBool>`true`;
  return sql<SqlBool>`(r.subject_key = ${concept} or r.object_key = ${concept})`;
}

/** Removes edges by id, whichever concept they were named under; without ids, all edges of the concept. */
export async function deleteRelations(
  tx: Tx,
  scope: AppScope,
  concept: bigint,
  ids: readonly string[],
): Promise<number> {
  let query = tx.deleteFrom('concept_relations').where('app_key', '=', scope.appKey);
  query =
    ids.length > 0
      ? query.where('id', 'in', [...ids])
      : query.where((eb) =>
          eb.or([eb('subject_key', '=', concept), eb('object_key', '=', concept)]),
        );
  const { numDeletedRows } = await query.executeTakeFirst();
  return Number(numDeletedRows);
}
