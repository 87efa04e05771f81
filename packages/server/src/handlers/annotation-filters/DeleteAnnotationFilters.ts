import { transaction } from '@limpid/store';
import { deleteAnnotationFilters } from '@limpid/store/db/annotation-filters';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes annotation filters, all or none. Their searches stay, and so do versions that were made with them. */
export const DeleteAnnotationFilters = rpc(
  'DeleteAnnotationFilters',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const ids = [...new Set(request.annotationFilterIds)];
    await transaction(deps.db, async (tx) => {
      if ((await deleteAnnotationFilters(tx, scope, ids)) < ids.length) throw notFound();
    });
    return {};
  },
);
