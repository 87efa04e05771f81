import { rpc } from '../../rpc/rpc.ts';
import { filterMessage, requireFilter } from './filter-message.ts';

export const GetAnnotationFilter = rpc(
  'GetAnnotationFilter',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const row = await requireFilter(deps.db, scope, request.annotationFilterId);
    return { annotationFilter: filterMessage(scope, row) };
  },
);
