import { annotationFilterPatch, applyPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  getAnnotationFilters,
  lockAnnotationFilters,
  updateAnnotationFilter,
} from '@limpid/store/db/annotation-filters';
import { AnnotationFilterSchema, invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { filterMessage, heldSearch, requireFilter } from './filter-message.ts';

/** Gives annotation filters other searches to hold, all or none. What they held stays as it is. */
export const PatchAnnotationFilters = rpc(
  'PatchAnnotationFilters',
  { scope: 'app' },
  async (call, { annotationFilters: patches, action }) => {
    const { deps, scope } = call;
    if (patches.length === 0) throw invalidRequest('annotation_filters is empty');
    const ids = patches.map(({ id }) => id);
    const rows = await transaction(deps.db, async (tx) => {
      await lockAnnotationFilters(tx, scope, ids);
      for (const [index, patch] of patches.entries()) {
        const row = await requireFilter(tx, scope, patch.id);
        const { search } = applyPatch(
          AnnotationFilterSchema,
          filterMessage(scope, row),
          patch,
          action,
          annotationFilterPatch,
        );
        const at = `annotation_filters[${index}].search`;
        await updateAnnotationFilter(tx, row.key, await heldSearch(tx, call, search, at));
      }
      return await getAnnotationFilters(tx, scope, ids);
    });
    return { annotationFilters: rows.map((row) => filterMessage(scope, row)) };
  },
);
