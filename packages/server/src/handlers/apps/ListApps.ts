import { pageOf } from '@limpid/domain/page';
import { type AppQuery, listApps } from '@limpid/store/db/apps';
import type { ListAppsRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { appMessage } from './app-message.ts';

const SORTS: Readonly<Record<string, AppQuery['sort']>> = {
  sortByName: 'name',
  sortByModifiedAt: 'modified_at',
  sortByCreatedAt: 'created_at',
  sortByStarCount: 'star_count',
  sortById: 'id',
};

/** A user's apps, last changed first unless asked otherwise. */
export const ListApps = rpc('ListApps', { scope: 'user' }, async (call, request) => {
  // Nothing is starred or featured on an instance without stars, so those lists are empty.
  if (request.starredOnly || request.featuredOnly) return { apps: [] };
  const rows = await listApps(call.deps.db, call.scope, queryOf(request), pageOf(request));
  return { apps: rows.map(appMessage) };
});

function queryOf(request: ListAppsRequest): AppQuery {
  const pattern = request.name || request.id;
  return {
    sort: SORTS[request.sortBy.case ?? ''] ?? 'modified_at',
    ascending: request.sortAscending,
    templateOnly: request.templateOnly,
    search: request.search || request.query,
    ...(request.visibility?.gettable && { visibility: request.visibility.gettable }),
    ...(pattern && { pattern: `*${pattern}*` }),
  };
}
