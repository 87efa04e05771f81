import { pageOf } from '@limpid/domain/page';
import { listApps } from '@limpid/store/db/apps';
import { invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { appMessage } from './app-message.ts';

/** Apps whose id or name fits a pattern, where * stands for anything. */
export const PostAppsSearches = rpc(
  'PostAppsSearches',
  { scope: 'user' },
  async (call, request) => {
    const pattern = request.appQuery?.name;
    if (!pattern) throw invalidRequest('app_query.name is required');
    const query = { sort: 'id', ascending: true, pattern } as const;
    const rows = await listApps(call.deps.db, call.scope, query, pageOf(request.pagination));
    return { apps: rows.map(appMessage) };
  },
);
