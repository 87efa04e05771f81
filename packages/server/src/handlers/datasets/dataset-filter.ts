// Which annotation filter a dataset names, and which one a version of it is made with.
import type { AppScope } from '@limpid/domain/access/authority';
import { readFiltering } from '@limpid/domain/query/read-search';
import type { Db, Tx } from '@limpid/store';
import type { DatasetRow } from '@limpid/store/db/datasets';
import {
  type AnnotationFilter,
  AnnotationFilterSchema,
  create,
  type Dataset,
  type DatasetVersion,
  invalidRequest,
} from '@limpid/wire';
import { filterMessage, requireFilter } from '../annotation-filters/filter-message.ts';
import { searchMeant } from '../searches/search-message.ts';

/** Key of the default filter; an empty one stands for none. */
export async function defaultFilterKey(
  db: Db | Tx,
  scope: AppScope,
  { defaultAnnotationFilter: filter }: Dataset,
): Promise<bigint | null> {
  if (filter?.id) return (await requireFilter(db, scope, filter.id)).key;
  if (filter?.search)
    throw invalidRequest('make the annotation filter first; default_annotation_filter is its id');
  return null;
}

/**
 * The filter of a version, with its search as it is now: it stays so with the version, whatever becomes of either.
 * Undefined where all counts that people say.
 */
export async function versionFilter(
  db: Db,
  scope: AppScope,
  { dataConfig }: DatasetVersion,
  dataset: DatasetRow,
): Promise<AnnotationFilter | undefined> {
  const given =
    dataConfig.case === 'annotationFilterConfig' ? dataConfig.value.annotationFilter : undefined;
  const id = given ? given.id : dataset.filter_id;
  const filter = id ? filterMessage(scope, await requireFilter(db, scope, id)) : given;
  if (!filter?.search) return undefined;
  if (!filter.search.id && !filter.search.query)
    throw invalidRequest('the search of an annotation filter needs an id or a query');
  const search = await searchMeant(db, scope, filter.search);
  readFiltering(search, 'annotation_filter.search');
  return create(AnnotationFilterSchema, { ...filter, search });
}
