import { pageOf } from '@limpid/domain/page';
import { listAnnotationFilters } from '@limpid/store/db/annotation-filters';
import { rpc } from '../../rpc/rpc.ts';
import { filterMessage } from './filter-message.ts';

/** Annotation filters in the order in which they were made. */
export const ListAnnotationFilters = rpc(
  'ListAnnotationFilters',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const rows = await listAnnotationFilters(deps.db, scope, pageOf(request));
    return { annotationFilters: rows.map((row) => filterMessage(scope, row)) };
  },
);
