import { grantUser } from '@limpid/domain/access/authority';
import { pageOf } from '@limpid/domain/page';
import { type DatasetQuery, listDatasets } from '@limpid/store/db/datasets';
import { rpc } from '../../rpc/rpc.ts';
import { datasetMessage } from './dataset-message.ts';

const SORTS: Readonly<Record<string, DatasetQuery['sort']>> = {
  sortByCreatedAt: 'created_at',
  sortByModifiedAt: 'modified_at',
  sortByStarCount: 'star_count',
  sortById: 'id',
};

/** Datasets of an app or of a user, last changed first unless asked otherwise. */
export const ListDatasets = rpc('ListDatasets', { scope: 'any' }, async (call, request) => {
  // Nothing can be starred or bookmarked on this instance.
  if (request.starredOnly || request.bookmark) return { datasets: [] };
  const { userKey, userId } = call.caller;
  const scope = call.scope ?? grantUser({ userKey, userId, self: true });
  const query = {
    sort: SORTS[request.sortBy.case ?? ''] ?? 'modified_at',
    ascending: request.sortAscending,
    search: request.search,
    idPart: request.id,
  } as const;
  const rows = await listDatasets(call.deps.db, scope, query, pageOf(request));
  return { datasets: rows.map(datasetMessage) };
});
