// What the concepts named in a search stand for. Nothing is made by looking: a search leaves the vocabulary as it is.
import type { AppScope } from '@limpid/domain/access/authority';
import type { WantedConcept } from '@limpid/domain/query/ast';
import { sql } from 'kysely';
import { SHARED_APP } from './app-refs.ts';
import type { Db } from './db.ts';

export interface FoundConcept {
  /** Concepts of that id or name; none where nothing is called so. */
  readonly named: readonly bigint[];
  /** These, their synonyms, and all that are a kind of them. */
  readonly keys: readonly bigint[];
}

/**
 * What each wanted concept stands for. They are the app's own, those of the models in its base workflow and those of the shared vocabulary. A
 * name may be one in the given language, or the app's.
 */
export async function findConceptSets(
  db: Db,
  scope: AppScope,
  wanted: readonly Pick<WantedConcept, 'id' | 'name' | 'language'>[],
  language: string,
): Promise<FoundConcept[]> {
  if (wanted.length === 0) return [];
  const languages = wanted.map((concept) => concept.language || language);
  const { rows } = await sql<FoundConcept & { place: number }>`
    with recursive vocabulary as (
      select ${scope.appKey}::bigint as app_key
      union
      select a.key from apps a join users u on u.key = a.user_key
      where u.id = ${SHARED_APP.userId} and a.id = ${SHARED_APP.appId} and a.deleted_at is null
      union
      select m.app_key
      from apps a
      join lateral (select key from workflow_versions v where v.workflow_key = a.default_workflow
                    and v.deleted_at is null order by key desc limit 1) v on true
      join workflow_nodes wn on wn.version_key = v.key
      join model_versions mv on mv.key = wn.model_version
      join models m on m.key = mv.model_key
      where a.key = ${scope.appKey}::bigint
    ),
    wanted as (
      select place, id, name,
             coalesce(nullif(lang, ''), (select default_language from apps where key = ${scope.appKey}::bigint)) as lang
      from unnest(${wanted.map(({ id }) => id)}::text[], ${wanted.map(({ name }) => name)}::text[],
                  ${languages}::text[]) with ordinality as given (id, name, lang, place)
    ),
    found as (
      select w.place, c.key from wanted w join concepts c on c.id = w.id
      where w.id <> '' and c.app_key in (select app_key from vocabulary)
      union
      select w.place, c.key from wanted w join concepts c on lower(c.name) = lower(w.name)
      where w.id = '' and c.app_key in (select app_key from vocabulary)
      union
      select w.place, c.key from wanted w
      join concept_languages l on l.language = w.lang and lower(l.name) = lower(w.name)
      join concepts c on c.key = l.concept_key
      where w.id = '' and c.app_key in (select app_key from vocabulary)
    ),
    -- Repeated rows are dropped, so a circle of relations comes to an end.
    expanded as (
      select place, key from found
      union
      select e.place, next.key
      from expanded e
      join lateral (
        select r.subject_key as key from concept_relations r where r.object_key = e.key
        union all
        select r.object_key from concept_relations r where r.subject_key = e.key and r.predicate = 'synonym'
      ) next on true
    )
    select place::integer, array_agg(key order by key) as keys,
           (select array_agg(f.key order by f.key) from found f where f.place = e.place) as named
    from expanded e group by place`.execute(db);
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return wanted.map((_, index) => byPlace.get(index + 1) ?? { named: [], keys: [] });
}
