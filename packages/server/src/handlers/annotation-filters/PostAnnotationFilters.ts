import { transaction } from '@limpid/store';
import {
  getAnnotationFilters,
  insertAnnotationFilters,
  type NewAnnotationFilter,
} from '@limpid/store/db/annotation-filters';
import { alreadyExists, invalidRequest, isClientId, newHexId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { filterMessage, heldSearch } from './filter-message.ts';

const MAX_BATCH = 128;

/** Makes annotation filters, all or none. Each holds a search that is saved already, or is saved with it. */
export const PostAnnotationFilters = rpc(
  'PostAnnotationFilters',
  { scope: 'app' },
  async (call, { annotationFilters: filters }) => {
    const { deps, scope } = call;
    if (filters.length === 0 || filters.length > MAX_BATCH)
      throw invalidRequest(`give 1 to ${MAX_BATCH} annotation_filters`);
    const ids = filters.map((filter) => filter.id || newHexId(deps.random));
    const wrong = ids.find((id) => !isClientId(id));
    if (wrong !== undefined)
      throw invalidRequest(`'${wrong.slice(0, 80)}' is not a valid annotation filter id`);
    const rows = await transaction(deps.db, async (tx) => {
      const planned: NewAnnotationFilter[] = [];
      for (const [index, id] of ids.entries()) {
        const at = `annotation_filters[${index}].search`;
        planned.push({ id, search_key: await heldSearch(tx, call, filters[index]?.search, at) });
      }
      const made = new Set(await insertAnnotationFilters(tx, scope, planned));
      const taken = ids.find((id) => !made.has(id)) ?? ids[0] ?? '';
      if (made.size < ids.length) throw alreadyExists('Annotation filter', taken);
      return await getAnnotationFilters(tx, scope, ids);
    });
    return { annotationFilters: rows.map((row) => filterMessage(scope, row)) };
  },
);
